import Vocabulary

/// How a document names what a line is for. Lines of tokens have no `product`: so they stood in
/// documents from before anything else was sold, and those keep their bytes.
extension InvoiceProduct: Codable {
    private enum CodingKeys: String, CodingKey {
        case product, model, accelerator, entry, reason
        case tokenClass = "token_class"
        case priceVersion = "price_version"
        case serviceTier = "service_tier"
        case pricePerMillion = "price_per_million"
        case purchaseClass = "purchase_class"
        case pricePerHour = "price_per_hour"
        case pricePerGiBMonth = "price_per_gib_month"
    }

    private enum Kind: String, Codable, CaseIterable {
        case tokens, compute, storage
        case serviceCredit = "service_credit"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decodeIfPresent(Kind.self, forKey: .product) ?? .tokens {
        case .tokens:
            self = .tokens(
                TokenProduct(
                    model: try fields.decode(String.self, forKey: .model),
                    tokenClass: try fields.decode(TokenClass.self, forKey: .tokenClass),
                    priceVersion: try fields.decode(Int64.self, forKey: .priceVersion),
                    tier: try fields.decodeIfPresent(ServiceTier.self, forKey: .serviceTier)
                        ?? .standard))
        case .compute:
            self = .compute(
                ComputeProduct(
                    accelerator: try fields.decode(String.self, forKey: .accelerator),
                    purchaseClass: try fields.decode(PurchaseClass.self, forKey: .purchaseClass),
                    priceVersion: try fields.decode(Int64.self, forKey: .priceVersion),
                    pricePerHour: try fields.decode(Money.self, forKey: .pricePerHour)))
        case .storage:
            self = .storage(
                StorageProduct(
                    entry: try fields.decode(String.self, forKey: .entry),
                    priceVersion: try fields.decode(Int64.self, forKey: .priceVersion),
                    perGiBMonth: try fields.decode(Money.self, forKey: .pricePerGiBMonth)))
        case .serviceCredit:
            self = .serviceCredit(
                ServiceCreditProduct(
                    accelerator: try fields.decode(String.self, forKey: .accelerator),
                    purchaseClass: try fields.decode(PurchaseClass.self, forKey: .purchaseClass),
                    reason: try fields.decode(String.self, forKey: .reason)))
        }
    }

    /// Its fields stand among the line's own.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .tokens(let product):
            try fields.encode(product.model, forKey: .model)
            try fields.encode(product.tokenClass, forKey: .tokenClass)
            try fields.encode(product.priceVersion, forKey: .priceVersion)
            if product.tier != .standard { try fields.encode(product.tier, forKey: .serviceTier) }
        case .compute(let product):
            try fields.encode(name, forKey: .product)
            try fields.encode(product.accelerator, forKey: .accelerator)
            try fields.encode(product.purchaseClass, forKey: .purchaseClass)
            try fields.encode(product.priceVersion, forKey: .priceVersion)
            try fields.encode(product.pricePerHour, forKey: .pricePerHour)
        case .storage(let product):
            try fields.encode(name, forKey: .product)
            try fields.encode(product.entry, forKey: .entry)
            try fields.encode(product.priceVersion, forKey: .priceVersion)
            try fields.encode(product.perGiBMonth, forKey: .pricePerGiBMonth)
        case .serviceCredit(let product):
            try fields.encode(name, forKey: .product)
            try fields.encode(product.accelerator, forKey: .accelerator)
            try fields.encode(product.purchaseClass, forKey: .purchaseClass)
            try fields.encode(product.reason, forKey: .reason)
        }
    }
}

/// The quantity of a line in its document: whole tokens or credits, `accelerator_seconds` as an
/// exact decimal, or whole `mib_seconds`.
enum QuantityCoding {
    enum CodingKeys: String, CodingKey {
        case quantity
        case acceleratorSeconds = "accelerator_seconds"
        case mebibyteSeconds = "mib_seconds"
    }

    static func decode(of product: InvoiceProduct, from decoder: any Decoder) throws -> Int64? {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch product {
        case .tokens, .serviceCredit:
            return try fields.decodeIfPresent(Int64.self, forKey: .quantity)
        case .storage:
            return try fields.decodeIfPresent(Int64.self, forKey: .mebibyteSeconds)
        case .compute:
            guard let text = try fields.decodeIfPresent(String.self, forKey: .acceleratorSeconds)
            else { return nil }
            guard let thousandths = Thousandths.parse(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .acceleratorSeconds, in: fields,
                    debugDescription: "'\(text)' is no number of seconds")
            }
            return thousandths
        }
    }

    static func encode(
        _ quantity: Int64?, of product: InvoiceProduct, to encoder: any Encoder
    ) throws {
        guard let quantity else { return }
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch product {
        case .tokens, .serviceCredit: try fields.encode(quantity, forKey: .quantity)
        case .storage: try fields.encode(quantity, forKey: .mebibyteSeconds)
        case .compute:
            try fields.encode(Thousandths.text(quantity), forKey: .acceleratorSeconds)
        }
    }
}

/// Counts of thousandths as decimals without superfluous zeros: `12345` as `12.345`.
enum Thousandths {
    static func text(_ thousandths: Int64) -> String {
        Money(units: Int128(thousandths) * (Money.unitsPerDollar / 1000)).description
    }

    static func parse(_ text: String) -> Int64? {
        guard let value = Money(text) else { return nil }
        let unit = Money.unitsPerDollar / 1000
        return value.units % unit == 0 ? Int64(exactly: value.units / unit) : nil
    }
}
