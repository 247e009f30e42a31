import Commerce
import Vocabulary
import Wire

extension OwnerAPI {
    func records(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .usage:
            let query = try call.query("customer", "project", "key", "model", "from", "to", "group")
            return try .json(try await service.usage(query.usage()))
        case .usageEvents:
            let query = try call.query(
                "customer", "project", "key", "model", "from", "to", "after", "limit")
            return try .json(try await service.usageEvents(query.usage()))
        case .ledgerEntries:
            let query = try call.query("account", "after", "limit")
            return try .json(try await service.ledger(query.ledger()))
        default:
            return try .json(try await service.accounts())
        }
    }

    func documents(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .invoiceIssue:
            let body = try call.body(InvoiceIssueBody.self)
            let invoices = try await service.issueInvoices(body, idempotency: call.idempotency)
            return try .json(invoices, status: body.draft == true ? 200 : 201)
        case .invoiceShow:
            return try .json(try await service.invoice(call.text("invoice")))
        case .invoicePage:
            let invoice = try await service.invoice(call.text("invoice"))
            return .page(try InvoicePage.render(invoice))
        case .invoiceExplain:
            guard let line = Int(call.text("line")) else {
                throw Failure(.notFound, "A line is a number from 1.", parameter: "line")
            }
            return try .json(
                try await service.explain(invoice: call.text("invoice"), line: line))
        case .creditNoteIssue:
            let note = try await service.issueCreditNote(
                call.body(), on: call.text("invoice"), idempotency: call.idempotency)
            return try .json(note, status: 201)
        case .creditNoteList:
            let customer = try call.query("customer").identifier("customer", of: Organization.self)
            return try .json(try await service.creditNotes(of: customer))
        case .creditNoteShow:
            return try .json(try await service.creditNote(call.text("credit_note")))
        case .creditNotePage:
            let note = try await service.creditNote(call.text("credit_note"))
            return .page(try CreditNotePage.render(note))
        default:
            let query = try call.query("customer", "period")
            return try .json(
                try await service.invoices(
                    of: query.identifier("customer", of: Organization.self),
                    period: query.value(
                        "period", "a month like 2026-11", BillingPeriod.init(_:))))
        }
    }
}
