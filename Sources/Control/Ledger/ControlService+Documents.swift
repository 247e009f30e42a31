package import Commerce
import Ledger
import Metering
import Pricing
import Records
package import Vocabulary
package import Wire

/// Invoices and credit notes: worked out by `Commerce`, kept here, never changed.
extension ControlService {
    /// Who issues documents.
    package static let issuer = Party(name: "Spillway")

    package func invoices(
        of customer: OrganizationID?, period: BillingPeriod?
    ) async throws -> [Invoice] {
        if let customer { _ = try directory.organization(customer) }
        return try records.read { try $0.documents(.invoice) }
            .filter { customer == nil || $0.organization == customer }
            .filter { period == nil || $0.period == period }
            .map { try DocumentText.decode(from: $0.document) }
    }

    package func invoice(_ reference: String) async throws -> Invoice {
        try invoiceNow(reference)
    }

    func invoiceNow(_ reference: String) throws -> Invoice {
        try DocumentText.decode(from: try document(.invoice, reference).document)
    }

    private func document(_ kind: DocumentKind, _ reference: String) throws -> DocumentRow {
        let rows = try records.read { try $0.documents(kind) }
        guard let row = rows.first(where: { $0.id == reference || $0.number == reference }) else {
            throw Failure(
                .notFound, "There is no document '\(reference)'; give its id or its number.")
        }
        return row
    }

    package func issueInvoices(
        _ body: InvoiceIssueBody, idempotency: String?
    ) async throws -> [Invoice] {
        if let customer = body.customer { _ = try directory.organization(customer) }
        await settleDown(recalling: [])
        if body.draft == true {
            return try records.read { records in
                try drafts(body, try records.documents(.invoice), records)
            }
        }
        try Invoice.requireOver(body.period, at: clock.now())
        return try once("invoice.issue", body, key: idempotency) { records in
            var issued = try records.documents(.invoice)
            let drafts = try drafts(body, issued, records)
            for draft in drafts { issued.append(try issue(draft, after: issued, records)) }
            return try issued.filter { $0.period == body.period }
                .filter { body.customer == nil || $0.organization == body.customer }
                .map { try DocumentText.decode(from: $0.document) }
        }
    }

    /// Of customers with usage that is due and without an invoice for the period.
    private func drafts(
        _ body: InvoiceIssueBody, _ issued: [DocumentRow], _ records: any RecordReader
    ) throws -> [Invoice] {
        let through = try records.lastUsageSequence()
        let capacityThrough = try records.lastCapacityCharge()
        let names = directory.projects.mapValues(\.name)
        return try directory.organizations.values.sorted { $0.id < $1.id }.compactMap { customer in
            guard body.customer == nil || body.customer == customer.id,
                !issued.contains(where: {
                    $0.organization == customer.id && $0.period == body.period
                })
            else { return nil }
            let earlier: [Invoice] = try issued.filter { $0.organization == customer.id }
                .map { try DocumentText.decode(from: $0.document) }
            let coverage = InvoiceCoverage(issued: earlier)
            var fold = UsageFold()
            var entries: [String: String] = [:]
            let filter = UsageFilter(organization: customer.id, to: body.period.end)
            try records.eachUsage(filter) { row in
                guard
                    coverage.isDue(sequence: row.sequence, at: row.event.at, in: body.period)
                else { return }
                fold.add(row.event, sequence: row.sequence)
                entries[row.event.opened.model] = row.priceAs
            }
            try add(
                capacityOf: customer.id, in: body.period, coverage, to: &fold, records)
            guard !fold.isEmpty else { return nil }
            return try Invoice(
                draftFor: Party(id: customer.id, name: customer.name), issuer: Self.issuer,
                period: body.period, usage: fold, usageThrough: through,
                capacityThrough: capacityThrough, projectNames: names,
                prices: { product in
                    entries[product.model].flatMap {
                        directory.priceBook(version: product.priceVersion)?.models[$0]
                    }.map { $0.price(in: product.tier).perMillion[product.tokenClass] ?? .zero }
                })
        }
    }

    private func add(
        capacityOf customer: OrganizationID, in period: BillingPeriod,
        _ coverage: InvoiceCoverage, to fold: inout UsageFold, _ records: any RecordReader
    ) throws {
        let filter = CapacityChargeFilter(organization: customer, to: period.end)
        let isDue = { (sequence: Int64, instant: Instant) in
            coverage.isDue(capacity: sequence, at: instant, in: period)
        }
        try records.eachComputeCharge(filter) { row in
            if isDue(row.sequence, row.stretch.lastInstant) { fold.add(row.stretch) }
        }
        try records.eachStorageCharge(filter) { row in
            if isDue(row.sequence, row.stretch.lastInstant) { fold.add(row.stretch) }
        }
        try records.eachServiceCredit(filter) { row in
            if isDue(row.sequence, row.credit.at) { fold.add(row.credit) }
        }
    }

    private func issue(
        _ draft: Invoice, after issued: [DocumentRow], _ records: any Recorder
    ) throws -> DocumentRow {
        let sequence = (issued.last?.sequence ?? 0) + 1
        let id: InvoiceID = makeIdentifier()
        let invoice = try draft.issued(id: id, sequence: sequence, at: clock.now())
        guard let customer = invoice.customer.id, let number = invoice.number,
            let issuedAt = invoice.issuedAt
        else { throw Failure(.internalError, "An invoice without a customer was drafted.") }
        let row = DocumentRow(
            sequence: sequence, id: "\(id)", number: number, organization: customer,
            period: invoice.period, corrects: nil, issuedAt: issuedAt, total: invoice.total,
            document: try DocumentText.encode(invoice),
            lines: invoice.lines.map {
                DocumentRow.Line(line: $0.line, exactAmount: $0.exactAmount, amount: $0.amount)
            })
        try records.insert(row, .invoice)
        let rounding = InvoiceRounding(
            rounding: invoice.rounding, available: book.available(customer))
        if rounding.fromCustomer != .zero {
            try post(
                Posting.rounding(
                    rounding.fromCustomer, waived: rounding.waived, of: customer, invoice: id,
                    number: number), records)
        }
        return row
    }

    package func creditNotes(of customer: OrganizationID?) async throws -> [CreditNote] {
        if let customer { _ = try directory.organization(customer) }
        return try records.read { try $0.documents(.creditNote) }
            .filter { customer == nil || $0.organization == customer }
            .map { try DocumentText.decode(from: $0.document) }
    }

    package func creditNote(_ reference: String) async throws -> CreditNote {
        try DocumentText.decode(from: try document(.creditNote, reference).document)
    }

    package func issueCreditNote(
        _ body: CreditNoteIssueBody, on reference: String, idempotency: String?
    ) async throws -> CreditNote {
        let correction: Correction =
            switch (body.quantity, body.amount) {
            case (let quantity?, nil): .quantity(quantity)
            case (nil, let amount?): .amount(amount)
            default:
                throw Failure(
                    .invalidRequest, "Give either 'quantity' or 'amount'.", parameter: "quantity")
            }
        let invoice = try invoiceNow(reference)
        guard let customer = invoice.customer.id, let invoiceID = invoice.id else {
            throw Failure(.conflict, "A draft is not corrected.")
        }
        return try once("credit_note.issue/\(invoiceID)", body, key: idempotency) { records in
            let rows = try records.documents(.creditNote)
            let note = try CreditNote(
                correcting: invoice, line: body.line, by: correction, reason: body.reason,
                earlier: rows.map { try DocumentText.decode(from: $0.document) },
                id: makeIdentifier(), sequence: (rows.last?.sequence ?? 0) + 1, at: clock.now())
            try records.insert(
                DocumentRow(
                    sequence: (rows.last?.sequence ?? 0) + 1, id: "\(note.id)",
                    number: note.number, organization: customer, period: nil,
                    corrects: "\(invoiceID)", issuedAt: note.issuedAt, total: note.amount,
                    document: try DocumentText.encode(note), lines: []), .creditNote)
            try post(
                Posting.correction(
                    note.amount, to: customer, from: note.product.revenue, note: note.id,
                    number: note.number), records)
            return note
        }
    }
}

extension InvoiceProduct {
    /// Where its charges went.
    var revenue: AccountName {
        switch self {
        case .tokens: .tokenRevenue
        case .compute, .serviceCredit: .computeRevenue
        case .storage: .storageRevenue
        }
    }
}

extension ControlService: OwnerService {}
