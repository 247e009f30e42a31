import Pricing
package import Vocabulary

/// What makes charges one line: what they are for, whose they are, and the month.
package struct InvoiceLineKey: Hashable, Sendable {
    package var project: ProjectID
    package var product: InvoiceProduct
    /// The month of the usage; earlier than the invoice's own for usage that came late.
    package var servicePeriod: BillingPeriod

    package init(project: ProjectID, product: InvoiceProduct, servicePeriod: BillingPeriod) {
        self.project = project
        self.product = product
        self.servicePeriod = servicePeriod
    }
}

extension InvoiceLineKey: Comparable {
    /// The order of lines: by month, project, product.
    package static func < (left: Self, right: Self) -> Bool {
        if (left.servicePeriod, left.project) != (right.servicePeriod, right.project) {
            return (left.servicePeriod, left.project) < (right.servicePeriod, right.project)
        }
        return left.product < right.product
    }
}

/// One line of an invoice: a quantity at a unit price, rounded once.
package struct InvoiceLine: Codable, Hashable, Sendable {
    /// From 1, in the order of the invoice.
    package var line: Int
    package var project: ProjectID
    package var projectName: String
    package var product: InvoiceProduct
    package var servicePeriod: BillingPeriod
    /// In the product's unit: tokens, thousandths of an accelerator-second, MiB-seconds, credits.
    package var quantity: Int64
    /// What was charged, not rounded: for tokens the quantity times the price; for capacity the sum
    /// of its charges, each rated to 10⁻¹⁸ dollars.
    package var exactAmount: Money
    /// `exactAmount` rounded half-up to cents: what the total is the sum of.
    package var amount: Money

    private enum CodingKeys: String, CodingKey {
        case line, project, amount
        case projectName = "project_name"
        case servicePeriod = "service_period"
        case exactAmount = "exact_amount"
        case pricePerMillion = "price_per_million"
    }

    /// A line of tokens.
    package init(
        line: Int, key: InvoiceLineKey, projectName: String, quantity: Int64, pricePerMillion: Money
    ) {
        self.init(
            line: line, key: key, projectName: projectName, quantity: quantity,
            exactAmount: Self.exact(quantity: quantity, pricePerMillion: pricePerMillion))
        self.pricePerMillion = pricePerMillion
    }

    /// A line of anything else, whose price the key has.
    package init(
        line: Int, key: InvoiceLineKey, projectName: String, quantity: Int64, exactAmount: Money
    ) {
        self.line = line
        self.project = key.project
        self.projectName = projectName
        self.product = key.product
        self.servicePeriod = key.servicePeriod
        self.quantity = quantity
        self.exactAmount = exactAmount
        self.amount = exactAmount.roundedToCents
    }

    /// Of tokens; zero for anything else.
    package private(set) var pricePerMillion = Money.zero

    package var key: InvoiceLineKey {
        InvoiceLineKey(project: project, product: product, servicePeriod: servicePeriod)
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        line = try fields.decode(Int.self, forKey: .line)
        project = try fields.decode(ProjectID.self, forKey: .project)
        projectName = try fields.decode(String.self, forKey: .projectName)
        product = try InvoiceProduct(from: decoder)
        servicePeriod = try fields.decode(BillingPeriod.self, forKey: .servicePeriod)
        quantity = try QuantityCoding.decode(of: product, from: decoder) ?? 0
        exactAmount = try fields.decode(Money.self, forKey: .exactAmount)
        amount = try fields.decode(Money.self, forKey: .amount)
        if case .tokens = product {
            pricePerMillion = try fields.decode(Money.self, forKey: .pricePerMillion)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(line, forKey: .line)
        try fields.encode(project, forKey: .project)
        try fields.encode(projectName, forKey: .projectName)
        try product.encode(to: encoder)
        try fields.encode(servicePeriod, forKey: .servicePeriod)
        try QuantityCoding.encode(quantity, of: product, to: encoder)
        try fields.encode(exactAmount, forKey: .exactAmount)
        try fields.encode(amount, forKey: .amount)
        if case .tokens = product { try fields.encode(pricePerMillion, forKey: .pricePerMillion) }
    }
}

extension InvoiceLine {
    /// A price has at most 12 decimals, so one token's price is exact and so is the product.
    static func exact(quantity: Int64, pricePerMillion: Money) -> Money {
        Money(units: pricePerMillion.units / 1_000_000) * quantity
    }

    /// What a quantity of this line comes to at its price, to 10⁻¹⁸ dollars; nil where the line
    /// has no price, as a service credit.
    func exact(quantity: Int64) -> Money? {
        switch product {
        case .tokens: Self.exact(quantity: quantity, pricePerMillion: pricePerMillion)
        case .compute(let product):
            AcceleratorTime(thousandthSeconds: quantity)
                .amount(pricePerHour: product.pricePerHour)
        case .storage(let product):
            StorageTime(mebibyteSeconds: quantity).amount(perGiBMonth: product.perGiBMonth)
        case .serviceCredit: nil
        }
    }

    /// Whether the sum of so many charges can be what the quantity costs. Each charge, or each
    /// lease's part of the line, is rounded to 10⁻¹⁸ dollars, and so is off by that at most.
    func isSum(of charges: Int) -> Bool {
        switch product {
        case .tokens, .serviceCredit: return true
        case .compute(let product):
            let off = exactAmount.units * 3_600_000 - product.pricePerHour.units * Int128(quantity)
            return off.magnitude <= UInt128(charges) * 3_600_000
        case .storage(let product):
            let divisor = Int128(StorageTime.secondsPerMonth) * 1024
            let off = exactAmount.units * divisor - product.perGiBMonth.units * Int128(quantity)
            return off.magnitude <= UInt128(charges) * UInt128(divisor)
        }
    }
}
