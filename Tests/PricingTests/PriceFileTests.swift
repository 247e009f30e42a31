import Pricing
import TestKit
import Testing
import Vocabulary

/// Builds the nodes that a file's YAML would give, one line a field.
private func mapping(_ fields: (String, PriceFileNode)..., line: Int = 1) -> PriceFileNode {
    PriceFileNode(
        .mapping(
            fields.map { PriceFileField(name: $0.0, line: $0.1.line, value: $0.1) }), line: line)
}

private func text(_ text: String, _ line: Int) -> PriceFileNode {
    PriceFileNode(.text(text), line: line)
}

private func file(
    version: String = "2", effective: String = "2026-12-01T00:00:00Z",
    input: String = "0.10", extra: (String, String)? = nil
) -> PriceFileNode {
    var model: [PriceFileField] = [
        ("input", input), ("output", "0.40"), ("source", "contract"), ("date", "2026-11-21"),
    ].enumerated().map { index, field in
        PriceFileField(name: field.0, line: 5 + index, value: text(field.1, 5 + index))
    }
    if let extra {
        model.append(PriceFileField(name: extra.0, line: 9, value: text(extra.1, 9)))
    }
    return mapping(
        ("version", text(version, 1)), ("effective", text(effective, 2)),
        ("models", mapping(("tiny", PriceFileNode(.mapping(model), line: 4)), line: 3)))
}

@Suite struct PriceFileTests {
    private let first = PriceBook(version: 1, effective: .noon, models: [:])

    @Test func `a class that is left out costs what its plain sibling costs`() throws {
        let read = try PriceFile(name: "p.yaml", contents: file())
        let price = try #require(read.models.first)
        #expect(price.perMillion[.cacheRead] == Money("0.10"))
        #expect(price.perMillion[.cacheWrite] == Money("0.10"))
        #expect(price.perMillion[.reasoning] == Money("0.40"))
        #expect(price.perMillion[.embedding] == nil)
        #expect(price.sourceDate == "2026-11-21")
    }

    @Test(arguments: [
        ("-0.10", "line 5: 'input: -0.10' is below zero. A price is 0 or more."),
        ("0.0000000000001", "line 5: 'input: 0.0000000000001' has more than 12 decimals"),
        ("1e-1", "line 5: 'input: 1e-1' is no price."),
        ("$0.10", "line 5: 'input: $0.10' is no price."),
        ("0,10", "line 5: 'input: 0,10' is no price."),
        (".5", "line 5: 'input: .5' is no price."),
        (".inf", "line 5: 'input: .inf' is no price."),
        ("", "line 5: 'input' must be one value."),
        ("2000000", "line 5: 'input: 2000000' is above 1000000 dollars"),
    ])
    func `a price that is none names file and line`(price: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try PriceFile(name: "p.yaml", contents: file(input: price))
        }
        #expect(failure?.message.hasPrefix("p.yaml, " + message) == true)
        #expect(failure?.parameter == "p.yaml:5")
    }

    @Test(arguments: [
        ("0.100000000000", "0.1"), ("0.000000000001", "0.000000000001"), ("0", "0"),
        ("1000000", "1000000"), ("7", "7"),
    ])
    func `exact decimals are taken as they stand`(price: String, expected: String) throws {
        let read = try PriceFile(name: "p.yaml", contents: file(input: price))
        #expect(read.models.first?.perMillion[.input]?.description == expected)
    }

    @Test(arguments: [
        ("inputt", "0.1", "model tiny has no field 'inputt'."),
        ("input", "0.2", "'input' stands twice, first on line 5."),
        ("cached_input", "x", "'cached_input: x' is no price."),
    ])
    func `a wrong field of a model names its line`(name: String, value: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try PriceFile(name: "p.yaml", contents: file(extra: (name, value)))
        }
        #expect(failure?.message.hasPrefix("p.yaml, line 9: " + message) == true)
    }

    @Test(arguments: ["0", "-1", "1.5", "one"])
    func `a version is a whole number from 1`(version: String) {
        let failure = #expect(throws: Failure.self) {
            try PriceFile(name: "p.yaml", contents: file(version: version))
        }
        #expect(failure?.message == "p.yaml, line 1: 'version' must be a whole number from 1.")
    }

    @Test(arguments: ["soon", "2026-13-01", "2026-12-01T00:00:00+01:00"])
    func `a time is in UTC`(effective: String) {
        let failure = #expect(throws: Failure.self) {
            try PriceFile(name: "p.yaml", contents: file(effective: effective))
        }
        #expect(failure?.message.hasPrefix("p.yaml, line 2: 'effective' must be") == true)
    }

    @Test func `versions grow, and take effect in their order`() throws {
        let read = try PriceFile(name: "p.yaml", contents: file())
        #expect(try read.book(after: nil).version == 2)
        #expect(try read.book(after: first).models.keys.sorted() == ["tiny"])
        let same = PriceBook(version: 2, effective: .noon, models: [:])
        #expect(
            throws: Failure(
                .invalidRequest,
                "p.yaml, line 1: version 2 is not above 2, which was applied already and cannot "
                    + "change. Write 'version: 3'.", parameter: "p.yaml:1")
        ) { try read.book(after: same) }
        let later = PriceBook(
            version: 1, effective: try #require(Instant("2027-01-01")), models: [:])
        let failure = #expect(throws: Failure.self) { try read.book(after: later) }
        #expect(failure?.parameter == "p.yaml:2")
    }

    @Test func `a model needs input and output, or embedding`() throws {
        let fields = mapping(
            ("input", text("0.1", 4)), ("source", text("s", 5)), ("date", text("2026-11-21", 6)),
            line: 3)
        let half = mapping(
            ("version", text("1", 1)), ("effective", text("2026-11-01", 2)),
            ("models", mapping(("half", fields), line: 3)))
        let failure = #expect(throws: Failure.self) { try PriceFile(name: "p", contents: half) }
        #expect(failure?.message.contains("needs 'input' and 'output', or 'embedding'") == true)
    }

    @Test func `one entry extends the book as its next version`() throws {
        let read = try PriceFile(name: "p", contents: file(), purpose: .entry)
        let old = ModelPrice(
            model: "old", perMillion: [.input: .dollars(1)], source: "s", sourceDate: "2026-01-01")
        let book = PriceBook(version: 4, effective: .noon, models: ["old": old])
        let next = try read.extending(book, with: "tiny", at: .noon + .seconds(1))
        #expect(next.version == 5)
        #expect(next.effective == .noon + .seconds(1))
        #expect(next.models.keys.sorted() == ["old", "tiny"])
        #expect(throws: Failure.self) { try read.extending(book, with: "other", at: .noon) }
    }
}
