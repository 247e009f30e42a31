import Pricing
package import Vocabulary

/// Lines as people read them.
extension InvoiceProduct {
    /// `tiny-llama-demo, input tokens`, with `, batch` behind it where they were a batch's;
    /// `h100, on demand`, `volumes`, `h100, spot: node failed`.
    package var title: String {
        switch self {
        case .tokens(let product):
            "\(product.model), \(product.tokenClass.words) tokens"
                + (product.tier == .batch ? ", batch" : "")
        case .compute(let product): "\(product.accelerator), \(product.purchaseClass.words)"
        case .storage(let product): product.entry
        case .serviceCredit(let product):
            "Credit for \(product.accelerator), \(product.purchaseClass.words): "
                + product.reason.replacing("_", with: " ")
        }
    }

    /// `v3`, `at cost`; empty for a credit.
    package var priceText: String {
        let version: Int64? =
            switch self {
            case .tokens(let product): product.priceVersion
            case .compute(let product): product.priceVersion
            case .storage(let product): product.priceVersion
            case .serviceCredit: nil
            }
        return version.map { $0 == 0 ? "at cost" : "v\($0)" } ?? ""
    }

    /// What the quantity's text counts.
    package var unit: String {
        switch self {
        case .tokens: "tokens"
        case .compute: "accelerator-hours"
        case .storage: "GiB-months"
        case .serviceCredit: "credits"
        }
    }

    /// With groups of three digits; hours and GiB-months to four decimals, rounded half up.
    package func text(of quantity: Int64) -> String {
        switch self {
        case .tokens, .serviceCredit: Self.grouped("\(quantity)")
        case .compute: Self.decimal(quantity, per: 3_600_000)
        case .storage: Self.decimal(quantity, per: StorageProduct.mebibyteSecondsPerUnit)
        }
    }

    private static func decimal(_ quantity: Int64, per unit: Int64) -> String {
        let scaled = (Int128(quantity) * 10_000 + Int128(unit) / 2) / Int128(unit)
        let digits = String(scaled % 10_000)
        return grouped("\(scaled / 10_000)") + "."
            + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, text != "-" { text += "," }
            text.append(digit)
        }
        return text
    }
}

extension InvoiceLine {
    /// The product's quantity: `12,500`, `1.2500`.
    package var quantityText: String { product.text(of: quantity) }

    /// `0.10 per million`, `6.16 per hour`; empty for a credit.
    package var unitPriceText: String { product.unitPriceText(perMillion: pricePerMillion) }
}

extension CreditNote {
    /// The corrected line's.
    package var unitPriceText: String { product.unitPriceText(perMillion: pricePerMillion) }
}

extension InvoiceProduct {
    fileprivate func unitPriceText(perMillion: Money) -> String {
        switch self {
        case .tokens: perMillion.formatted(minimumDecimals: 2) + " per million"
        case .compute(let product):
            product.pricePerHour.formatted(minimumDecimals: 2) + " per hour"
        case .storage(let product):
            product.perGiBMonth.formatted(minimumDecimals: 2) + " per GiB-month"
        case .serviceCredit: ""
        }
    }
}

extension StorageProduct {
    /// Of a GiB-month.
    static let mebibyteSecondsPerUnit = 1024 * StorageTime.secondsPerMonth
}

extension TokenClass {
    /// Without the common `tokens`: `cached input`.
    package var words: String {
        switch self {
        case .input: "input"
        case .cacheRead: "cached input"
        case .cacheWrite: "cache write"
        case .output: "output"
        case .reasoning: "reasoning"
        case .embedding: "embedding"
        }
    }
}
