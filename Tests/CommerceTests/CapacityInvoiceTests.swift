import Commerce
import Metering
import Pricing
import TestKit
import Testing
import Vocabulary

/// Invoices with compute, storage and service credits beside tokens.
@Suite struct CapacityInvoiceTests {
    private static let organization = OrganizationID(high: 1, low: 1)

    private func stretch(
        _ lease: UInt64, _ amount: Money, seconds: Range<Int64> = 0..<3600,
        accelerators: Accelerators = .whole(1), price: Money = .dollars(3), version: Int64 = 1,
        purchaseClass: PurchaseClass = .onDemand, startedAt: Instant = .noon,
        unbilled: String? = nil
    ) throws -> ComputeStretch {
        ComputeStretch(
            lease: LeaseID(high: 6, low: lease), order: .job(JobID(high: 6, low: lease)),
            sequence: 1, organization: Self.organization, project: Sample.project,
            pool: try #require(PoolName("pool")), entry: "h100", purchaseClass: purchaseClass,
            nodes: 1, fromSecond: seconds.lowerBound, toSecond: seconds.upperBound,
            startedAt: startedAt, accelerators: accelerators, priceVersion: version,
            pricePerHour: price, amount: amount, unbilledReason: unbilled)
    }

    private func credit(_ amount: Money, at: Instant = .noon) -> ServiceCredit {
        ServiceCredit(
            lease: LeaseID(high: 6, low: 1), sequence: 1, order: .job(JobID(high: 6, low: 1)),
            organization: Self.organization, project: Sample.project, entry: "h100",
            purchaseClass: .onDemand, reason: "node_failed", amount: amount, at: at)
    }

    private func draft(_ usage: UsageFold, _ period: String = "2026-11") throws -> Invoice {
        try Invoice(
            draftFor: Sample.customer, issuer: Sample.issuer,
            period: try #require(BillingPeriod(period)), usage: usage, usageThrough: 1,
            capacityThrough: 9, projectNames: [Sample.project: "default"],
            prices: { _ in .dollars(1) })
    }

    /// A month with every product.
    private func invoice() throws -> Invoice {
        var usage = UsageFold()
        usage.add(credit(.cents(50)))
        usage.add(
            StorageStretch(
                volume: VolumeID(high: 6, low: 1), sequence: 1, organization: Self.organization,
                project: Sample.project, entry: "volumes", from: .noon,
                to: .noon + .seconds(3600), mebibytes: 10_240, priceVersion: 1,
                perGiBMonth: .cents(73), amount: .cents(1)))
        usage.add(try stretch(1, .dollars(3)))
        usage.add(
            try stretch(
                2, .dollars(1), price: .dollars(1), purchaseClass: .spot))
        usage.add(try stretch(3, .zero, unbilled: "our_failure"))
        usage.add(
            Sample.event(billed: TokenCounts(input: 1_000_000), amount: .dollars(1)), sequence: 1)
        return try draft(usage).issued(
            id: Sample.invoiceID, sequence: 1, at: BillingPeriod(containing: .noon).end)
    }

    @Test func `each product has lines of its own, with its unit and its price`() throws {
        let invoice = try invoice()
        #expect(
            invoice.lines.map(\.product.title) == [
                "tiny, input tokens", "h100, on demand", "h100, spot", "volumes",
                "Credit for h100, on demand: node failed",
            ])
        #expect(
            invoice.lines.map(\.quantityText) == ["1,000,000", "1.0000", "1.0000", "0.0137", "1"])
        #expect(
            invoice.lines.map(\.product.unit) == [
                "tokens", "accelerator-hours", "accelerator-hours", "GiB-months", "credits",
            ])
        #expect(
            invoice.lines.map(\.unitPriceText) == [
                "1.00 per million", "3.00 per hour", "1.00 per hour", "0.73 per GiB-month", "",
            ])
        #expect(
            invoice.lines.map(\.amount) == [
                .dollars(1), .dollars(3), .dollars(1), .cents(1), .cents(-50),
            ])
        #expect(invoice.total == .cents(451))
        #expect(invoice.leases == 2)
        #expect(invoice.capacityThrough == 9)
    }

    @Test func `it reads back as it was written, in the same bytes`() throws {
        let invoice = try invoice()
        let text = try DocumentText.encode(invoice)
        let back = try DocumentText.decode(Invoice.self, from: text)
        #expect(back == invoice)
        #expect(try DocumentText.encode(back) == text)
        #expect(text.contains(#""accelerator_seconds":"3600""#))
        #expect(text.contains(#""product":"service_credit""#))
        #expect(text.contains(#""mib_seconds":36864000"#))
    }

    /// As they were stored before anything but tokens was sold.
    @Test func `documents from before capacity was sold keep their bytes`() throws {
        let customer = #"{"id":"\#(Self.organization)","name":"Acme"}"#
        let line = #"""
            "model":"tiny","price_per_million":"1","price_version":1,"project":"\#(Sample.project)",\#
            "project_name":"default",
            """#.replacing("\n", with: "")
        let old = #"""
            {"currency":"USD","customer":\#(customer),"draft":false,"exact_total":"1",\#
            "id":"\#(Sample.invoiceID)","issued_at":"2026-12-01T00:00:00.000Z",\#
            "issuer":{"name":"Spillway"},"lines":[{"amount":"1","exact_amount":"1","line":1,\#
            \#(line)"quantity":1000000,"service_period":"2026-11","token_class":"input_tokens"}],\#
            "number":"INV-000001","period":"2026-11","requests":1,"rounding":"0","total":"1",\#
            "usage_through":1}
            """#
        let invoice = try DocumentText.decode(Invoice.self, from: old)
        #expect(invoice.lines.first?.product.title == "tiny, input tokens")
        #expect(invoice.lines.first?.quantity == 1_000_000)
        #expect(invoice.lines.first?.pricePerMillion == .dollars(1))
        #expect(invoice.capacityThrough == nil)
        #expect(try DocumentText.encode(invoice) == old)
        let oldNote = #"""
            {"amount":"0.25","currency":"USD","customer":\#(customer),"id":"\#(Sample.noteID)",\#
            "invoice":"\#(Sample.invoiceID)","invoice_number":"INV-000001",\#
            "issued_at":"2026-12-01T00:00:00.000Z","issuer":{"name":"Spillway"},"line":1,\#
            \#(line.replacing(#""model""#, with: #""model""#).dropLast()),\#
            "quantity":250000,"reason":"twice","service_period":"2026-11",\#
            "token_class":"input_tokens"}
            """#
        var document = oldNote
        // Keys are sorted: `number` stands between `model` and `price_per_million`.
        document = document.replacing(
            #""model":"tiny","#, with: #""model":"tiny","number":"CRN-000001","#)
        let note = try DocumentText.decode(CreditNote.self, from: document)
        #expect(note.quantity == 250_000)
        #expect(note.product == invoice.lines.first?.product)
        #expect(try DocumentText.encode(note) == document)
    }

    @Test func `a stretch belongs to the month of its last instant`() throws {
        let midnight = BillingPeriod(containing: .noon).end
        var usage = UsageFold()
        usage.add(try stretch(1, .dollars(3), startedAt: midnight + .seconds(-3600)))
        usage.add(try stretch(2, .dollars(3), startedAt: midnight + .seconds(-3599)))
        usage.add(credit(.cents(1), at: midnight))
        let lines = try draft(usage, "2026-12").lines
        #expect(lines.map { "\($0.servicePeriod)" } == ["2026-11", "2026-12", "2026-12"])
    }

    /// Each lease is rounded once: so the sum is off by half a unit for each at most, or by one
    /// where a line has only a part of a lease.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a line is what its quantity costs, to a unit for each lease`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let price = Money(units: Int128(Int64.random(in: 1...Int64.max / 2, using: &random)))
        var usage = UsageFold()
        var sum = Money.zero
        let leases = Int.random(in: 1...20, using: &random)
        var time = AcceleratorTime.zero
        for lease in 1...leases {
            var rating = ComputeRating()
            let accelerators = Accelerators(thousandths: .random(in: 1...9000, using: &random))
            var second: Int64 = 0
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let end = second + .random(in: 1...999, using: &random)
                let part = AcceleratorTime(accelerators, seconds: end - second)
                let amount = rating.add(part, pricePerHour: price)
                usage.add(
                    try stretch(
                        UInt64(lease), amount, seconds: second..<end, accelerators: accelerators,
                        price: price))
                second = end
                sum += amount
                time = time + part
            }
        }
        let line = try #require(try draft(usage).lines.first)
        #expect(line.exactAmount == sum)
        #expect(line.quantity == time.thousandthSeconds)
        let off = sum.units * 3_600_000 - price.units * Int128(time.thousandthSeconds)
        #expect(off.magnitude <= UInt128(leases) * 1_800_000)
        // A unit more for each lease and one beyond: that bill must not go out.
        var wrong = usage
        wrong.add(
            try stretch(
                1, Money(units: Int128(leases) * 2 + 1), seconds: 0..<0, price: price))
        #expect(throws: Failure.self) { try draft(wrong) }
    }

    @Test func `compute is corrected by accelerator-seconds or by cents, credits are not`() throws {
        let invoice = try invoice()
        let correct = { (line: Int, correction: Correction) throws(Failure) in
            try CreditNote(
                correcting: invoice, line: line, by: correction, reason: "slow", earlier: [],
                id: Sample.noteID, sequence: 1, at: .noon)
        }
        let half = try correct(2, .quantity(1800))
        #expect(half.amount == .cents(150))
        #expect(half.quantity == 1_800_000)
        #expect(try correct(2, .quantity(3600)).amount == .dollars(3))
        #expect(try correct(4, .amount(.cents(1))).amount == .cents(1))
        let text = try DocumentText.encode(half)
        #expect(text.contains(#""accelerator_seconds":"1800""#))
        #expect(try DocumentText.decode(CreditNote.self, from: text) == half)
        for (line, correction) in [
            (2, Correction.quantity(3601)), (2, .quantity(0)), (4, .quantity(1)),
            (5, .quantity(1)), (5, .amount(.cents(1))), (2, .quantity(5)),
        ] {
            #expect(throws: Failure.self) { try correct(line, correction) }
        }
    }

    @Test func `charges for capacity have a coverage of their own`() throws {
        let november = try invoice()
        let coverage = InvoiceCoverage(issued: [november])
        let late = BillingPeriod(containing: .noon)
        #expect(coverage.invoice(capacity: 9, at: .noon) == november.id)
        #expect(coverage.invoice(capacity: 10, at: .noon) == nil)
        #expect(coverage.invoice(sequence: 9, at: .noon) == nil)
        #expect(!coverage.isDue(capacity: 9, at: .noon, in: late))
        #expect(coverage.isDue(capacity: 10, at: .noon, in: late))
        #expect(!coverage.isDue(capacity: 10, at: late.end, in: late))
        var old = november
        old.capacityThrough = nil
        let before = InvoiceCoverage(issued: [old])
        #expect(before.invoice(capacity: 1, at: .noon) == nil)
    }
}
