import Commerce
import TestKit
import Testing
import Vocabulary

@Suite struct InvoiceCoverageTests {
    private let november = InvoiceID(high: 1, low: 11)
    private let december = InvoiceID(high: 1, low: 12)

    private func coverage() throws -> InvoiceCoverage {
        InvoiceCoverage(marks: [
            InvoiceCoverage.Mark(
                invoice: november, periodEnd: try #require(Instant("2026-12-01")), through: 100),
            InvoiceCoverage.Mark(
                invoice: december, periodEnd: try #require(Instant("2027-01-01")), through: 200),
        ])
    }

    @Test(arguments: [
        ("2026-11-30T23:59:59Z", Int64(100), InvoiceID?.some(InvoiceID(high: 1, low: 11))),
        // Applied after November's invoice was issued: late, on December's.
        ("2026-11-30T23:59:59Z", 101, InvoiceID(high: 1, low: 12)),
        // The month is half-open.
        ("2026-12-01T00:00:00Z", 50, InvoiceID(high: 1, low: 12)),
        ("2026-12-31T23:59:59Z", 200, InvoiceID(high: 1, low: 12)),
        ("2026-12-31T23:59:59Z", 201, nil),
        ("2027-01-01T00:00:00Z", 150, nil),
    ])
    func `an event stands on one invoice`(
        at: String, sequence: Int64, expected: InvoiceID?
    ) throws {
        let instant = try #require(Instant(at))
        #expect(try coverage().invoice(sequence: sequence, at: instant) == expected)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `each event is on exactly one invoice, whatever comes late`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let months = ["2026-09", "2026-10", "2026-11", "2026-12"].compactMap { BillingPeriod($0) }
        let start = try #require(months.first).start
        var events: [(sequence: Int64, at: Instant)] = []
        var coverage = InvoiceCoverage()
        var placed: [Int64: Int] = [:]
        for (index, month) in months.enumerated() {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                // Anything from the first month on may be applied now.
                let span = month.end.microseconds - start.microseconds
                let at = Instant(
                    microseconds: start.microseconds + .random(in: 0..<span, using: &random))
                events.append((Int64(events.count + 1), at))
            }
            let due = events.filter {
                coverage.isDue(sequence: $0.sequence, at: $0.at, in: month)
            }
            for event in due { placed[event.sequence, default: 0] += 1 }
            coverage = InvoiceCoverage(
                marks: coverage.marks + [
                    InvoiceCoverage.Mark(
                        invoice: InvoiceID(high: 0, low: UInt64(index)), periodEnd: month.end,
                        through: Int64(events.count))
                ])
            for event in due {
                #expect(
                    coverage.invoice(sequence: event.sequence, at: event.at)
                        == InvoiceID(high: 0, low: UInt64(index)))
            }
        }
        #expect(placed.count == events.count)
        #expect(placed.values.allSatisfy { $0 == 1 })
    }
}
