import Commerce
import Metering
import Pricing
import TestKit
import Testing
import Vocabulary

@Suite struct InvoiceTests {
    /// Half-up, once, per line: $1 per million makes a million tokens a dollar.
    @Test(arguments: [
        (Int64(4_999), "0", "-0.004999"), (5_000, "0.01", "0.005"), (5_001, "0.01", "0.004999"),
        (14_999, "0.01", "-0.004999"), (15_000, "0.02", "0.005"), (1_005_000, "1.01", "0.005"),
        (1_004_999, "1", "-0.004999"), (10_000, "0.01", "0"), (1, "0", "-0.000001"),
    ])
    func `a line is rounded half up to cents`(
        quantity: Int64, amount: String, rounding: String
    ) throws {
        let invoice = try Sample.invoice(quantity: quantity, perMillion: .dollars(1))
        #expect(invoice.lines.map(\.amount) == [Money(amount)])
        #expect(invoice.total == Money(amount))
        #expect(invoice.rounding == Money(rounding))
        #expect(invoice.total - invoice.rounding == invoice.exactTotal)
    }

    /// The largest and the smallest prices that a price file may have.
    @Test func `one token of the cheapest and of the dearest price is exact`() throws {
        let cheap = try Sample.invoice(
            quantity: 1, perMillion: try #require(Money("0.000000000001")))
        #expect(cheap.exactTotal == Money("0.000000000000000001"))
        let dear = try Sample.invoice(quantity: 1, perMillion: .dollars(1_000_000))
        #expect(dear.total == .dollars(1))
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `lines sum to the total, exact amounts to the charges`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var usage = UsageFold()
        var charged = Money.zero
        let prices: [TokenClass: Money] = Dictionary(
            uniqueKeysWithValues: TokenClass.allCases.map { tokenClass in
                let units = Int128(Int64.random(in: 0...5_000_000_000_000, using: &random))
                return (tokenClass, Money(units: units * 1_000_000))
            })
        for sequence in 1...Int64.random(in: 1...60, using: &random) {
            var counts = TokenCounts.zero
            for tokenClass in TokenClass.allCases where Bool.random(using: &random) {
                counts[tokenClass] = .random(in: 0...100_000, using: &random)
            }
            let rate = Rate(
                ModelPrice(model: "m", perMillion: prices, source: "", sourceDate: ""))
            let amount = rate.charge(for: counts)
            charged += amount
            usage.add(
                Sample.event(
                    billed: counts, amount: amount,
                    model: Bool.random(using: &random) ? "tiny" : "large",
                    version: .random(in: 1...2, using: &random),
                    project: ProjectID(high: 2, low: .random(in: 1...2, using: &random))),
                sequence: sequence)
        }
        let invoice = try Invoice(
            draftFor: Sample.customer, issuer: Sample.issuer,
            period: BillingPeriod(containing: .noon), usage: usage, usageThrough: usage.through,
            projectNames: [:], prices: { prices[$0.tokenClass] })
        #expect(invoice.total == invoice.lines.reduce(.zero) { $0 + $1.amount })
        #expect(invoice.exactTotal == charged)
        #expect(invoice.lines.allSatisfy { $0.amount == $0.amount.roundedToCents })
        #expect(
            invoice.lines.map(\.line)
                == Array(1...max(1, invoice.lines.count)).prefix(
                    invoice.lines.count
                ).map { $0 })
        #expect(Set(invoice.lines.map(\.key)).count == invoice.lines.count)
        let half = Money(units: Money.unitsPerDollar / 200)
        #expect(
            invoice.lines.allSatisfy {
                $0.amount - $0.exactAmount <= half && $0.exactAmount - $0.amount <= half
            })
    }

    @Test func `a bill that does not come to its charges does not go out`() {
        var usage = UsageFold()
        usage.add(
            Sample.event(billed: TokenCounts(input: 10), amount: .cents(5)), sequence: 1)
        let failure = #expect(throws: Failure.self) {
            try Invoice(
                draftFor: Sample.customer, issuer: Sample.issuer,
                period: BillingPeriod(containing: .noon), usage: usage, usageThrough: 1,
                projectNames: [:], prices: { _ in .dollars(1) })
        }
        #expect(failure?.code == .internalError)
        #expect(failure?.message.contains("spillway verify") == true)
    }

    @Test func `a month that is not over is not invoiced`() throws {
        let period = BillingPeriod(containing: .noon)
        #expect(throws: Failure.self) {
            try Invoice.requireOver(period, at: period.end + .microseconds(-1))
        }
        try Invoice.requireOver(period, at: period.end)
    }

    @Test func `a document reads back as it was written, and has the same bytes again`() throws {
        let invoice = try Sample.invoice(quantity: 12_345, perMillion: .cents(10))
        let text = try DocumentText.encode(invoice)
        let back = try DocumentText.decode(Invoice.self, from: text)
        #expect(back == invoice)
        #expect(try DocumentText.encode(back) == text)
        #expect(text.contains(#""number":"INV-000001""#))
        #expect(text.contains(#""token_class":"input_tokens""#))
    }

    @Test func `late usage keeps its own month as a line of its own`() throws {
        var usage = UsageFold()
        let november = Sample.event(billed: TokenCounts(input: 1_000_000), amount: .dollars(1))
        let december = Sample.event(
            billed: TokenCounts(input: 2_000_000), amount: .dollars(2),
            at: try #require(Instant("2026-12-03")))
        usage.add(december, sequence: 1)
        usage.add(november, sequence: 2)
        let invoice = try Invoice(
            draftFor: Sample.customer, issuer: Sample.issuer,
            period: try #require(BillingPeriod("2026-12")), usage: usage, usageThrough: 2,
            projectNames: [:], prices: { _ in .dollars(1) })
        #expect(invoice.lines.map { "\($0.servicePeriod)" } == ["2026-11", "2026-12"])
        #expect(invoice.lines.map(\.amount) == [.dollars(1), .dollars(2)])
    }
}
