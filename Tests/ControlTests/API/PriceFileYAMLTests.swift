import Control
import Foundation
import Pricing
import TestKit
import Testing
import Vocabulary
import Wire

@Suite struct PriceFileYAMLTests {
    private let valid = """
        version: 1
        effective: 2026-11-01T00:00:00Z
        models:
          tiny:
            input: "0.10"
            output: 0.40
            source: contract
            date: 2026-11-21
        """

    @Test func `the demo's file is what the demo costs`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "prices/demo.yaml")
        let file = try PriceFileYAML.read(
            name: "prices/demo.yaml", text: try String(contentsOf: path, encoding: .utf8))
        let price = try #require(try file.book(after: nil).models["tiny-llama-demo"])
        #expect(price.perMillion[.input] == Money("0.10"))
        #expect(price.perMillion[.cacheRead] == Money("0.05"))
        #expect(price.perMillion[.output] == Money("0.40"))
        #expect(price.perMillion[.reasoning] == Money("0.40"))
        #expect(price.perMillion[.embedding] == Money("0.02"))
    }

    @Test func `a number without quotes is taken by its digits, never as binary`() throws {
        let text = valid.replacing("0.40", with: "0.123456789012")
        let file = try PriceFileYAML.read(name: "p", text: text)
        #expect(file.models.first?.perMillion[.output] == Money("0.123456789012"))
    }

    @Test(arguments: [
        ("output: 0.40", "output: 4e-1", "p, line 6: 'output: 4e-1' is no price."),
        ("output: 0.40", "output: -0.40", "p, line 6: 'output: -0.40' is below zero."),
        ("output: 0.40", "output: 0.1234567890123", "p, line 6: 'output: 0.1234567890123' has"),
        ("output: 0.40", "output: [1]", "p, line 6: 'output' must be one value."),
        ("output: 0.40", "output:", "p, line 6: 'output' must be one value."),
        ("output: 0.40", "outptu: 0.40", "p, line 6: model tiny has no field 'outptu'."),
        ("output: 0.40", "input: 0.40", "p, line 6: 'input' stands twice, first on line 5."),
        ("output: 0.40", "output: *x", "p, line 6: "),
        ("version: 1", "version: 1.5", "p, line 1: 'version' must be a whole number from 1."),
        ("version: 1", "release: 1", "p, line 1: the file has no field 'release'."),
        ("version: 1", "version: 1\nversion: 2", "p, line 2: 'version' stands twice"),
        ("version: 1", "", "p, line 2: the file lacks 'version'."),
        ("version: 1", "version: 1\ncurrency: EUR", "p, line 2: prices are in US dollars"),
        ("effective: 2026-11-01T00:00:00Z", "effective: soon", "p, line 2: 'effective' must be"),
        ("date: 2026-11-21", "date: 21.11.2026", "p, line 8: 'date' must be the day"),
        ("    source: contract\n", "", "p, line 4: model tiny lacks 'source'."),
        ("  tiny:", "  tiny: {}\n  tiny:", "p, line 5: 'tiny' stands twice, first on line 4."),
        ("version: 1", "\tversion: 1", "p, line 1: this is not YAML"),
        ("models:", "models: [", "p, line "),
    ])
    func `what is wrong with a file is said with its line`(
        old: String, new: String, message: String
    ) {
        let text = valid.replacing(old, with: new)
        #expect(text != valid)
        let failure = #expect(throws: Failure.self) {
            try PriceFileYAML.read(name: "p", text: text)
        }
        #expect(failure?.code == .invalidRequest)
        #expect(failure?.message.hasPrefix(message) == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: ["", "just text", "- 1\n- 2", "# only a comment"])
    func `a file that is none is refused`(text: String) {
        #expect(throws: Failure.self) { try PriceFileYAML.read(name: "p", text: text) }
    }

    @Test func `a confirmation belongs to one file on top of one version`() throws {
        let proposed = try PriceFileYAML.read(name: "p", text: valid).book(after: nil)
        let confirmation = PriceReview.confirmation(proposed: proposed, current: nil)
        #expect(confirmation.count == 16)
        var body = PriceApplyBody(file: PriceFileBody(name: "p", text: valid))
        #expect(throws: Failure.self) {
            try PriceReview.requireConfirmation(body, proposed: proposed, current: nil)
        }
        body.confirmation = confirmation
        try PriceReview.requireConfirmation(body, proposed: proposed, current: nil)
        var other = proposed
        other.models["tiny"]?.perMillion[.input] = .dollars(1)
        #expect(throws: Failure.self) {
            try PriceReview.requireConfirmation(body, proposed: other, current: nil)
        }
        #expect(throws: Failure.self) {
            try PriceReview.requireConfirmation(body, proposed: proposed, current: proposed)
        }
    }
}
