package import Vocabulary

/// What a credit note takes back of a line.
package enum Correction: Hashable, Sendable {
    /// Tokens that should not have been billed.
    case quantity(Int64)
    /// Whole cents that should not have been billed.
    case amount(Money)
}

/// A correction of one line of an issued invoice. The invoice stays as it is.
package struct CreditNote: Codable, Hashable, Sendable {
    package var id: CreditNoteID
    /// Sequential for each issuer, without gaps: `CRN-000001`.
    package var number: String
    package var issuedAt: Instant
    package var issuer: Party
    package var customer: Party
    package var invoice: InvoiceID
    package var invoiceNumber: String
    /// The corrected line's number, month and contents.
    package var line: Int
    package var servicePeriod: BillingPeriod
    package var project: ProjectID
    package var projectName: String
    package var model: String
    package var tokenClass: TokenClass
    package var priceVersion: Int64
    package var pricePerMillion: Money
    /// Tokens taken back; nil where only money is.
    package var quantity: Int64?
    /// What the customer gets back, above zero, in whole cents.
    package var amount: Money
    package var currency: String
    package var reason: String

    package enum CodingKeys: String, CodingKey {
        case id, number, issuer, customer, invoice, line, project, model, quantity, amount, currency
        case reason
        case issuedAt = "issued_at"
        case invoiceNumber = "invoice_number"
        case servicePeriod = "service_period"
        case projectName = "project_name"
        case tokenClass = "token_class"
        case priceVersion = "price_version"
        case pricePerMillion = "price_per_million"
    }

    /// The longest reason, in characters.
    package static let maximumReason = 500

    /// Corrects `line` of `invoice`.
    ///
    /// - Parameters:
    ///   - earlier: All credit notes of this invoice so far.
    ///   - sequence: The issuer's next credit note number, from 1.
    /// - Throws: `not_found` for a line that is not there, `invalid_request` for a correction that
    ///   takes back nothing, a fraction of a cent, or more than is left of the line.
    package init(
        correcting invoice: Invoice, line number: Int, by correction: Correction, reason: String,
        earlier: [CreditNote], id: CreditNoteID, sequence: Int64, at now: Instant
    ) throws(Failure) {
        guard let invoiceID = invoice.id, let invoiceNumber = invoice.number else {
            throw Failure(.conflict, "A draft is not corrected: nothing was billed by it.")
        }
        guard let line = invoice.lines.first(where: { $0.line == number }) else {
            throw Failure(
                .notFound,
                "\(invoiceNumber) has no line \(number); its lines are 1 to "
                    + "\(invoice.lines.count).", parameter: "line")
        }
        guard (1...Self.maximumReason).contains(reason.count) else {
            throw Failure(
                .invalidRequest,
                "Give a reason of 1 to \(Self.maximumReason) characters; it stands on the note.",
                parameter: "reason")
        }
        let before = earlier.filter { $0.invoice == invoiceID && $0.line == number }
        let taken = try Remainder(of: line, after: before).take(correction)
        self.id = id
        self.number = DocumentNumber.creditNote(sequence)
        self.issuedAt = now.wholeMilliseconds
        self.issuer = invoice.issuer
        self.customer = invoice.customer
        self.invoice = invoiceID
        self.invoiceNumber = invoiceNumber
        self.line = number
        self.servicePeriod = line.servicePeriod
        self.project = line.project
        self.projectName = line.projectName
        self.model = line.model
        self.tokenClass = line.tokenClass
        self.priceVersion = line.priceVersion
        self.pricePerMillion = line.pricePerMillion
        self.quantity = taken.quantity
        self.amount = taken.amount
        self.currency = invoice.currency
        self.reason = reason
    }
}

/// What is left of a line after its credit notes.
private struct Remainder {
    let line: InvoiceLine
    let quantity: Int64
    let amount: Money

    init(of line: InvoiceLine, after notes: [CreditNote]) {
        self.line = line
        self.quantity = notes.reduce(line.quantity) { $0 - ($1.quantity ?? 0) }
        self.amount = notes.reduce(line.amount) { $0 - $1.amount }
    }

    func take(_ correction: Correction) throws(Failure) -> (quantity: Int64?, amount: Money) {
        switch correction {
        case .quantity(let tokens): (tokens, try money(for: tokens))
        case .amount(let money): (nil, try check(money))
        }
    }

    /// The line as it was billed less the line as it should have been billed, each rounded once:
    /// notes that take back all tokens take back all of the amount.
    private func money(for tokens: Int64) throws(Failure) -> Money {
        guard tokens > 0, tokens <= quantity else {
            throw Failure(
                .invalidRequest,
                "Take back between 1 and \(quantity) tokens: that is what is left of line "
                    + "\(line.line).", parameter: "quantity")
        }
        let money = rounded(quantity) - rounded(quantity - tokens)
        let possible = min(money, amount)
        guard possible > .zero else {
            throw Failure(
                .invalidRequest,
                "\(tokens) tokens at \(line.pricePerMillion) per million change the line by less "
                    + "than a cent; there is nothing to give back.", parameter: "quantity")
        }
        return possible
    }

    private func rounded(_ tokens: Int64) -> Money {
        InvoiceLine.exact(quantity: tokens, pricePerMillion: line.pricePerMillion).roundedToCents
    }

    private func check(_ money: Money) throws(Failure) -> Money {
        guard money > .zero, money == money.roundedToCents else {
            throw Failure(
                .invalidRequest, "Give back whole cents above zero, such as 0.05.",
                parameter: "amount")
        }
        guard money <= amount else {
            throw Failure(
                .invalidRequest,
                "Only \(amount.formatted(minimumDecimals: 2)) is left of line \(line.line).",
                parameter: "amount")
        }
        return money
    }
}
