import Foundation
import Pricing
import TestKit
import Testing
import Vocabulary

private func node(_ text: String, _ line: Int) -> PriceFileNode {
    PriceFileNode(.text(text), line: line)
}

private func mapping(_ fields: [(String, PriceFileNode)], _ line: Int) -> PriceFileNode {
    PriceFileNode(
        .mapping(fields.map { PriceFileField(name: $0.0, line: $0.1.line, value: $0.1) }),
        line: line)
}

/// A file that sells capacity alone: one accelerator type, volumes.
private func file(
    _ name: String = "h100", _ prices: [(String, String)] = [("spot", "2.46")],
    storage: [(String, String)]? = nil
) -> PriceFileNode {
    let origin = [("source", "list"), ("date", "2026-11-21")]
    let fields = { (list: [(String, String)], line: Int) in
        mapping(
            (list + origin).enumerated().map { ($1.0, node($1.1, line + $0)) }, line)
    }
    var sections = [
        ("version", node("1", 1)), ("effective", node("2026-11-01", 2)),
        ("compute", mapping([(name, fields(prices, 5))], 3)),
    ]
    if let storage {
        sections.append(("storage", mapping([("volumes", fields(storage, 20))], 18)))
    }
    return mapping(sections, 1)
}

@Suite struct CapacityPriceTests {
    private let h100 = AcceleratorType("h100")

    @Test func `capacity is priced by type and class, without any model`() throws {
        let read = try PriceFile(
            name: "p",
            contents: file(
                "h100", [("on_demand", "6.16"), ("spot", "2.46")],
                storage: [("gib_month", "0.07")]))
        let book = try read.book(after: nil)
        let h100 = try #require(h100)
        #expect(book.price(of: h100, in: .onDemand) == Money("6.16"))
        #expect(book.price(of: h100, in: .spot) == Money("2.46"))
        #expect(book.price(of: h100, in: .reserved) == nil)
        #expect(book.storage[StoragePrice.volumes]?.perGiBMonth == Money("0.07"))
        #expect(book.models.isEmpty)
        #expect(book.compute["h100"]?.sourceDate == "2026-11-21")
    }

    @Test(arguments: [
        ("h100", "spot", "-1", "p, line 5: 'spot: -1' is below zero."),
        ("h100", "spot", "1e3", "p, line 5: 'spot: 1e3' is no price. Write dollars per acc"),
        ("h100", "spot", "1001", "p, line 5: 'spot: 1001' is above 1000 dollars per accelerator-h"),
        (
            "h100", "spot", "0.0000000000001",
            "p, line 5: 'spot: 0.0000000000001' has more than 12 decimals. Round it."
        ),
        ("h100", "spott", "1", "p, line 5: accelerator type h100 has no field 'spott'."),
        ("h 100", "spot", "1", "p, line 5: 'h 100' cannot be an accelerator type"),
        ("h100", "", "", "p, line 5: accelerator type h100 needs one at least of 'reserved', "),
    ])
    func `a wrong entry names its line`(
        name: String, field: String, price: String, message: String
    ) {
        let prices = field.isEmpty ? [] : [(field, price)]
        let failure = #expect(throws: Failure.self) {
            try PriceFile(name: "p", contents: file(name, prices))
        }
        #expect(failure?.message.hasPrefix(message) == true, "\(failure?.message ?? "")")
    }

    @Test func `a file that sells nothing lacks its models`() {
        let empty = mapping(
            [("version", node("1", 1)), ("effective", node("2026-11-01", 2))], 1)
        let failure = #expect(throws: Failure.self) { try PriceFile(name: "p", contents: empty) }
        #expect(failure?.message == "p, line 1: the file lacks 'models'.")
    }

    @Test func `a book from before capacity was sold reads as it was`() throws {
        let text = #"{"version":3,"effective":"2026-11-01T00:00:00.000Z","models":{}}"#
        let book = try JSONDecoder().decode(PriceBook.self, from: Data(text.utf8))
        #expect(book.version == 3)
        #expect(book.compute.isEmpty)
        #expect(book.storage.isEmpty)
        let new = try PriceFile(name: "p", contents: file(storage: [("gib_month", "0.07")]))
            .book(after: nil)
        let back = try JSONDecoder().decode(
            PriceBook.self, from: try JSONEncoder().encode(new))
        #expect(back == new)
    }

    private func book(_ version: Int64, spot: Money?, volumes: Money?) throws -> PriceBook {
        let type = try #require(h100)
        var book = PriceBook(version: version, effective: .noon, models: [:])
        book.compute["h100"] = ComputePrice(
            accelerator: type, onDemand: .dollars(5), spot: spot, source: "s",
            sourceDate: "2026-11-21")
        book.storage["volumes"] = volumes.map {
            StoragePrice(
                entry: "volumes", perGiBMonth: $0, source: "s", sourceDate: "2026-11-21")
        }
        return book
    }

    @Test func `rented capacity is priced by both books, and lost or far prices are warnings`()
        throws
    {
        let customer = OrganizationID(high: 1, low: 1)
        let rented = [
            PricedCapacity(
                customer: customer,
                quantity: .compute(
                    entry: "h100", .spot, AcceleratorTime(.whole(2), seconds: 1800))),
            PricedCapacity(
                customer: customer,
                quantity: .storage(
                    entry: "volumes",
                    StorageTime(mebibytes: 1024, seconds: StorageTime.secondsPerMonth))),
        ]
        let current = try book(1, spot: .dollars(2), volumes: .cents(7))
        let comparison = PriceComparison(
            usage: [], rented: rented, served: [], current: current,
            proposed: try book(2, spot: .dollars(3), volumes: .cents(8)), at: .noon)
        #expect(comparison.capacity["h100 spot"]?.difference == .dollars(1))
        #expect(comparison.capacity["volumes"]?.proposed == .cents(8))
        #expect(comparison.customers[customer]?.current == Money("2.07"))
        #expect(comparison.total.difference == Money("1.01"))
        #expect(comparison.warnings.isEmpty)
        let without = PriceComparison(
            usage: [], rented: rented, served: [], current: current,
            proposed: try book(2, spot: nil, volumes: .dollars(1)), at: .noon)
        #expect(
            without.warnings == [
                "h100 spot was rented and has no price in version 2: it could not be ordered any "
                    + "more, and counts as zero here.",
                "volumes goes from 0.07 to 1 per GiB-month, by more than 10 times.",
            ])
        let unused = PriceComparison(
            usage: [], served: [], current: current,
            proposed: try book(2, spot: nil, volumes: .zero), at: .noon)
        #expect(
            unused.warnings == [
                "h100 spot has no price in version 2 any more.",
                "volumes goes from 0.07 to 0 per GiB-month: it becomes free.",
            ])
    }
}

@Suite struct CapacityRatingTests {
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `however a lease is cut, its stretches sum to what the whole costs`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let price = Money(units: Int128(Int64.random(in: 1...Int64.max / 4, using: &random)))
        var rating = ComputeRating()
        var sum = Money.zero
        var whole = AcceleratorTime.zero
        for _ in 0..<Int.random(in: 1...50, using: &random) {
            let accelerators = Accelerators(thousandths: .random(in: 1...64_000, using: &random))
            let time = AcceleratorTime(
                accelerators, seconds: .random(in: 0...4000, using: &random))
            whole = whole + time
            let amount = rating.add(time, pricePerHour: price)
            #expect(amount >= .zero)
            sum += amount
        }
        #expect(sum == whole.amount(pricePerHour: price))
        #expect(rating.amount == sum)
        // Half up to one unit: never further from the exact quotient than half of one.
        let off = sum.units * 3_600_000 - price.units * Int128(whole.thousandthSeconds)
        #expect(off.magnitude <= 1_800_000)
    }

    @Test(arguments: [
        (Int64(1024), StorageTime.secondsPerMonth, "0.07", "0.07"),
        (512, StorageTime.secondsPerMonth, "0.07", "0.035"),
        (1024, 3600, "0.73", "0.001"), (0, 3600, "0.73", "0"), (1, 1, "0", "0"),
        // 10⁻¹² dollars for a GiB-month: a MiB-second is nothing, 1,346 of them round up to one.
        (1, 1, "0.000000000001", "0"), (1346, 1, "0.000000000001", "0.000000000000000001"),
        (1345, 1, "0.000000000001", "0"),
    ])
    func `storage costs its share of a month, half up`(
        mebibytes: Int64, seconds: Int64, price: String, expected: String
    ) throws {
        let amount = StorageTime(mebibytes: mebibytes, seconds: seconds)
            .amount(perGiBMonth: try #require(Money(price)))
        #expect(amount == Money(expected))
    }
}
