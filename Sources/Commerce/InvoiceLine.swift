package import Vocabulary

/// What makes usage one line: everything that decides its unit price, and the month it was used in.
package struct InvoiceLineKey: Hashable, Sendable {
    package var project: ProjectID
    package var model: String
    package var tokenClass: TokenClass
    package var priceVersion: Int64
    /// The month of the usage; earlier than the invoice's own for usage that came late.
    package var servicePeriod: BillingPeriod

    package init(
        project: ProjectID, model: String, tokenClass: TokenClass, priceVersion: Int64,
        servicePeriod: BillingPeriod
    ) {
        self.project = project
        self.model = model
        self.tokenClass = tokenClass
        self.priceVersion = priceVersion
        self.servicePeriod = servicePeriod
    }
}

extension InvoiceLineKey: Comparable {
    /// The order of lines: by month, project, model, class in its own order, price version.
    package static func < (left: Self, right: Self) -> Bool {
        let leftText = (left.servicePeriod, left.project, left.model)
        let rightText = (right.servicePeriod, right.project, right.model)
        if leftText != rightText { return leftText < rightText }
        return (left.tokenClass.position, left.priceVersion)
            < (right.tokenClass.position, right.priceVersion)
    }
}

extension TokenClass {
    fileprivate var position: Int { TokenClass.allCases.firstIndex(of: self) ?? 0 }
}

/// One line of an invoice: a quantity at a unit price, rounded once.
package struct InvoiceLine: Codable, Hashable, Sendable {
    /// From 1, in the order of the invoice.
    package var line: Int
    package var project: ProjectID
    package var projectName: String
    package var model: String
    package var tokenClass: TokenClass
    package var priceVersion: Int64
    package var servicePeriod: BillingPeriod
    /// Tokens.
    package var quantity: Int64
    package var pricePerMillion: Money
    /// Quantity × price, not rounded.
    package var exactAmount: Money
    /// `exactAmount` rounded half-up to cents: what the total is the sum of.
    package var amount: Money

    package enum CodingKeys: String, CodingKey {
        case line, project, model, quantity, amount
        case projectName = "project_name"
        case tokenClass = "token_class"
        case priceVersion = "price_version"
        case servicePeriod = "service_period"
        case pricePerMillion = "price_per_million"
        case exactAmount = "exact_amount"
    }

    package init(
        line: Int, key: InvoiceLineKey, projectName: String, quantity: Int64, pricePerMillion: Money
    ) {
        self.line = line
        self.project = key.project
        self.projectName = projectName
        self.model = key.model
        self.tokenClass = key.tokenClass
        self.priceVersion = key.priceVersion
        self.servicePeriod = key.servicePeriod
        self.quantity = quantity
        self.pricePerMillion = pricePerMillion
        self.exactAmount = Self.exact(quantity: quantity, pricePerMillion: pricePerMillion)
        self.amount = self.exactAmount.roundedToCents
    }

    package var key: InvoiceLineKey {
        InvoiceLineKey(
            project: project, model: model, tokenClass: tokenClass, priceVersion: priceVersion,
            servicePeriod: servicePeriod)
    }

    /// A price has at most 12 decimals, so one token's price is exact and so is the product.
    static func exact(quantity: Int64, pricePerMillion: Money) -> Money {
        Money(units: pricePerMillion.units / 1_000_000) * quantity
    }
}
