import Commerce
import Metering
import Records
import Vocabulary
package import Wire

/// A line of an invoice taken apart.
extension ControlService {
    package func explain(
        invoice reference: String, line: Int
    ) async throws -> InvoiceExplanation {
        let invoice = try invoiceNow(reference)
        guard let wanted = invoice.lines.first(where: { $0.line == line }),
            let customer = invoice.customer.id
        else {
            throw Failure(
                .notFound,
                "The invoice has no line \(line); its lines are 1 to \(invoice.lines.count).",
                parameter: "line")
        }
        return try records.read { records in
            let issued: [Invoice] = try records.documents(.invoice)
                .filter { $0.organization == customer }
                .map { try DocumentText.decode(from: $0.document) }
            let sought = SoughtLine(
                key: wanted.key, invoice: invoice.id, customer: customer,
                coverage: InvoiceCoverage(issued: issued))
            return switch wanted.product {
            case .tokens: .requests(try Self.requests(of: sought, records))
            case .compute: .leases(try Self.leases(of: sought, records))
            case .storage: .volumes(try Self.volumes(of: sought, records))
            case .serviceCredit: .credits(try Self.credits(of: sought, records))
            }
        }
    }

    private struct SoughtLine {
        let key: InvoiceLineKey
        let invoice: InvoiceID?
        let customer: OrganizationID
        let coverage: InvoiceCoverage

        var filter: CapacityChargeFilter { CapacityChargeFilter(organization: customer) }

        func has(_ key: InvoiceLineKey?, capacity sequence: Int64, at instant: Instant) -> Bool {
            key == self.key && coverage.invoice(capacity: sequence, at: instant) == invoice
        }
    }

    private static func requests(
        of line: SoughtLine, _ records: any RecordReader
    ) throws -> [UsageEventBody] {
        var events: [UsageEventBody] = []
        let filter = UsageFilter(organization: line.customer)
        let abandoned = try records.abandoned(of: filter)
        try records.eachUsage(filter) { row in
            guard UsageFold.contributes(row.event, to: line.key),
                line.coverage.invoice(sequence: row.sequence, at: row.event.at) == line.invoice
            else { return }
            events.append(
                UsageEventBody(row, abandoned: abandoned[row.event.opened.request] ?? .zero))
        }
        return events
    }

    private static func leases(
        of line: SoughtLine, _ records: any RecordReader
    ) throws -> [LeaseUsageBody] {
        var sums: [LeaseID: (body: LeaseUsageBody, time: AcceleratorTime)] = [:]
        try records.eachComputeCharge(line.filter) { row in
            let stretch = row.stretch
            guard
                line.has(
                    stretch.invoiceKey, capacity: row.sequence, at: stretch.lastInstant)
            else { return }
            var sum =
                sums[stretch.lease]
                ?? (
                    LeaseUsageBody(
                        lease: stretch.lease, order: stretch.order, pool: stretch.pool,
                        nodes: stretch.nodes, startedAt: stretch.startedAt, seconds: 0,
                        acceleratorSeconds: "0", amount: .zero), .zero
                )
            sum.body.seconds += stretch.seconds
            sum.body.amount += stretch.amount
            sum.time = sum.time + stretch.time
            sum.body.acceleratorSeconds = sum.time.secondsText
            sums[stretch.lease] = sum
        }
        return sums.values.map(\.body).sorted {
            ($0.startedAt, $0.lease) < ($1.startedAt, $1.lease)
        }
    }

    private static func volumes(
        of line: SoughtLine, _ records: any RecordReader
    ) throws -> [VolumeUsageBody] {
        var sums: [VolumeID: VolumeUsageBody] = [:]
        try records.eachStorageCharge(line.filter) { row in
            let stretch = row.stretch
            guard
                line.has(
                    stretch.invoiceKey, capacity: row.sequence, at: stretch.lastInstant)
            else { return }
            var sum =
                sums[stretch.volume]
                ?? VolumeUsageBody(
                    volume: stretch.volume, from: stretch.from, to: stretch.to,
                    mebibyteSeconds: 0, amount: .zero)
            sum.from = min(sum.from, stretch.from)
            sum.to = max(sum.to, stretch.to)
            sum.mebibyteSeconds += stretch.mebibytes * stretch.seconds
            sum.amount += stretch.amount
            sums[stretch.volume] = sum
        }
        return sums.values.sorted { $0.volume < $1.volume }
    }

    private static func credits(
        of line: SoughtLine, _ records: any RecordReader
    ) throws -> [ServiceCreditBody] {
        var credits: [ServiceCreditBody] = []
        try records.eachServiceCredit(line.filter) { row in
            let credit = row.credit
            guard line.has(credit.invoiceKey, capacity: row.sequence, at: credit.at) else { return }
            credits.append(
                ServiceCreditBody(
                    lease: credit.lease, order: credit.order, reason: credit.reason,
                    at: credit.at, credited: credit.amount))
        }
        return credits
    }
}

extension AcceleratorTime {
    /// Accelerator-seconds as an exact decimal: `12.5`.
    var secondsText: String {
        Money(units: Int128(thousandthSeconds) * (Money.unitsPerDollar / 1000)).description
    }
}
