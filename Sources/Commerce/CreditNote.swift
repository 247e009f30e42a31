package import Vocabulary

/// What a credit note takes back of a line.
package enum Correction: Hashable, Sendable {
    /// Tokens, or whole accelerator-seconds, that should not have been billed.
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
    package var product: InvoiceProduct
    /// Of tokens; zero for anything else.
    package private(set) var pricePerMillion = Money.zero
    /// Taken back, in the product's unit; nil where only money is.
    package var quantity: Int64?
    /// What the customer gets back, above zero, in whole cents.
    package var amount: Money
    package var currency: String
    package var reason: String

    private enum CodingKeys: String, CodingKey {
        case id, number, issuer, customer, invoice, line, project, amount, currency, reason
        case issuedAt = "issued_at"
        case invoiceNumber = "invoice_number"
        case servicePeriod = "service_period"
        case projectName = "project_name"
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
        self.product = line.product
        self.pricePerMillion = line.pricePerMillion
        self.quantity = taken.quantity
        self.amount = taken.amount
        self.currency = invoice.currency
        self.reason = reason
    }
}

extension CreditNote {
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(CreditNoteID.self, forKey: .id)
        number = try fields.decode(String.self, forKey: .number)
        issuedAt = try fields.decode(Instant.self, forKey: .issuedAt)
        issuer = try fields.decode(Party.self, forKey: .issuer)
        customer = try fields.decode(Party.self, forKey: .customer)
        invoice = try fields.decode(InvoiceID.self, forKey: .invoice)
        invoiceNumber = try fields.decode(String.self, forKey: .invoiceNumber)
        line = try fields.decode(Int.self, forKey: .line)
        servicePeriod = try fields.decode(BillingPeriod.self, forKey: .servicePeriod)
        project = try fields.decode(ProjectID.self, forKey: .project)
        projectName = try fields.decode(String.self, forKey: .projectName)
        product = try InvoiceProduct(from: decoder)
        quantity = try QuantityCoding.decode(of: product, from: decoder)
        amount = try fields.decode(Money.self, forKey: .amount)
        currency = try fields.decode(String.self, forKey: .currency)
        reason = try fields.decode(String.self, forKey: .reason)
        if case .tokens = product {
            pricePerMillion = try fields.decode(Money.self, forKey: .pricePerMillion)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(number, forKey: .number)
        try fields.encode(issuedAt, forKey: .issuedAt)
        try fields.encode(issuer, forKey: .issuer)
        try fields.encode(customer, forKey: .customer)
        try fields.encode(invoice, forKey: .invoice)
        try fields.encode(invoiceNumber, forKey: .invoiceNumber)
        try fields.encode(line, forKey: .line)
        try fields.encode(servicePeriod, forKey: .servicePeriod)
        try fields.encode(project, forKey: .project)
        try fields.encode(projectName, forKey: .projectName)
        try product.encode(to: encoder)
        try QuantityCoding.encode(quantity, of: product, to: encoder)
        try fields.encode(amount, forKey: .amount)
        try fields.encode(currency, forKey: .currency)
        try fields.encode(reason, forKey: .reason)
        if case .tokens = product { try fields.encode(pricePerMillion, forKey: .pricePerMillion) }
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
        guard amount > .zero else {
            throw Failure(
                .invalidRequest, "There is nothing to give back on line \(line.line).",
                parameter: "line")
        }
        switch correction {
        case .quantity(let count):
            let taken = try quantity(of: count)
            return (taken, try money(for: taken, said: count))
        case .amount(let money): return (nil, try check(money))
        }
    }

    /// In the product's unit, out of what a person counts in.
    private func quantity(of count: Int64) throws(Failure) -> Int64 {
        let scale: Int64
        switch line.product {
        case .tokens: scale = 1
        case .compute: scale = 1000
        case .storage, .serviceCredit:
            throw Failure(
                .invalidRequest, "Correct this line by its amount, not by a quantity.",
                parameter: "quantity")
        }
        guard count > 0, count <= quantity / scale else {
            throw Failure(
                .invalidRequest,
                "Take back between 1 and \(quantity / scale) \(counted): that is what is left of "
                    + "line \(line.line).", parameter: "quantity")
        }
        return count * scale
    }

    private var counted: String {
        if case .compute = line.product { return "accelerator-seconds" }
        return line.product.unit
    }

    /// The line as it was billed less the line as it should have been billed, each rounded once:
    /// notes that take back the whole quantity take back all of the amount.
    private func money(for taken: Int64, said count: Int64) throws(Failure) -> Money {
        let money = rounded(quantity) - rounded(quantity - taken)
        let possible = min(money, amount)
        guard possible > .zero else {
            throw Failure(
                .invalidRequest,
                "\(count) \(counted) at \(line.unitPriceText) change the line by less than a cent; "
                    + "there is nothing to give back.", parameter: "quantity")
        }
        return possible
    }

    private func rounded(_ quantity: Int64) -> Money {
        if quantity == line.quantity { return line.amount }
        return (line.exact(quantity: quantity) ?? .zero).roundedToCents
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
