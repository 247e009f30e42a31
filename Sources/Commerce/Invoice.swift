package import Vocabulary

/// Somebody named on a document.
package struct Party: Codable, Hashable, Sendable {
    package var id: OrganizationID?
    package var name: String

    package init(id: OrganizationID? = nil, name: String) {
        self.id = id
        self.name = name
    }
}

/// A customer's bill for a month. Once issued it never changes; a draft has no number and is
/// never stored.
package struct Invoice: Codable, Hashable, Sendable {
    package var draft: Bool
    package var id: InvoiceID?
    /// Sequential for each issuer, without gaps: `INV-000001`.
    package var number: String?
    package var issuedAt: Instant?
    package var issuer: Party
    package var customer: Party
    package var period: BillingPeriod
    package var currency: String
    package var lines: [InvoiceLine]
    /// The sum of the lines' rounded amounts: what is billed.
    package var total: Money
    /// The sum of the lines' exact amounts: what the ledger was charged, request by request.
    package var exactTotal: Money
    /// `total` less `exactTotal`: posted to the ledger at issue, so that both agree.
    package var rounding: Money
    package var requests: Int64
    /// Leases with time on a line; nil in documents from before capacity was sold.
    package var leases: Int64?
    /// The last applied usage event that was looked at: see ``InvoiceCoverage``.
    package var usageThrough: Int64
    /// The last charge or credit for capacity that was looked at; nil in documents from before
    /// capacity was sold, which have none.
    package var capacityThrough: Int64?

    package enum CodingKeys: String, CodingKey {
        case draft, id, number, issuer, customer, period, currency, lines, total, rounding, requests
        case leases
        case capacityThrough = "capacity_through"
        case issuedAt = "issued_at"
        case exactTotal = "exact_total"
        case usageThrough = "usage_through"
    }

    /// Works a draft out of usage.
    ///
    /// - Parameters:
    ///   - usageThrough: The sequence number of the last event that control has applied.
    ///   - capacityThrough: The sequence number of the last charge or credit for capacity.
    ///   - prices: The price per million of tokens; nil where no price is known.
    /// - Throws: `internal_error` where a price is missing or the lines do not come to what the
    ///   events were charged: such a bill must not go out.
    package init(
        draftFor customer: Party, issuer: Party, period: BillingPeriod, usage: UsageFold,
        usageThrough: Int64, capacityThrough: Int64 = 0, projectNames: [ProjectID: String],
        prices: (TokenProduct) -> Money?
    ) throws(Failure) {
        var lines: [InvoiceLine] = []
        for key in (Array(usage.quantities.keys) + usage.capacity.keys).sorted() {
            lines.append(
                try Self.line(
                    lines.count + 1, key, usage,
                    projectName: projectNames[key.project] ?? "\(key.project)", prices))
        }
        self.draft = true
        self.issuer = issuer
        self.customer = customer
        self.period = period
        self.currency = "USD"
        self.lines = lines
        self.total = lines.reduce(.zero) { $0 + $1.amount }
        self.exactTotal = lines.reduce(.zero) { $0 + $1.exactAmount }
        self.rounding = self.total - self.exactTotal
        self.requests = usage.requests
        self.leases = Int64(usage.leases.count)
        self.usageThrough = usageThrough
        self.capacityThrough = capacityThrough
        if exactTotal != usage.charged {
            throw Failure(
                .internalError,
                "The lines come to \(exactTotal) and the usage was charged \(usage.charged). "
                    + "Nothing was issued; run 'spillway verify'.")
        }
    }

    private static func line(
        _ number: Int, _ key: InvoiceLineKey, _ usage: UsageFold, projectName: String,
        _ prices: (TokenProduct) -> Money?
    ) throws(Failure) -> InvoiceLine {
        if case .tokens(let product) = key.product {
            guard let price = prices(product) else {
                throw Failure(
                    .internalError,
                    "Version \(product.priceVersion) of the price book has no price for "
                        + "\(product.tokenClass.rawValue) of \(product.model), which was charged by "
                        + "it. Run 'spillway verify' and look at those events.")
            }
            return InvoiceLine(
                line: number, key: key, projectName: projectName,
                quantity: usage.quantities[key] ?? 0, pricePerMillion: price)
        }
        let sum = usage.capacity[key]
        let line = InvoiceLine(
            line: number, key: key, projectName: projectName, quantity: sum?.quantity ?? 0,
            exactAmount: sum?.amount ?? .zero)
        guard line.isSum(of: sum?.parts ?? 0) else {
            throw Failure(
                .internalError,
                "\(key.product.title) was charged \(line.exactAmount), which is not what "
                    + "\(line.quantityText) \(key.product.unit) at \(line.unitPriceText) come to. "
                    + "Nothing was issued; run 'spillway verify'.")
        }
        return line
    }

    /// The draft as an issued document; `sequence` is the issuer's next number, from 1.
    ///
    /// - Throws: `conflict` while the period is not over.
    package func issued(
        id: InvoiceID, sequence: Int64, at now: Instant
    ) throws(Failure) -> Invoice {
        try Self.requireOver(period, at: now)
        var invoice = self
        invoice.draft = false
        invoice.id = id
        invoice.number = DocumentNumber.invoice(sequence)
        invoice.issuedAt = now.wholeMilliseconds
        return invoice
    }

    /// An invoice is for a whole month: what is used up to its last instant is on it.
    package static func requireOver(
        _ period: BillingPeriod, at now: Instant
    ) throws(Failure) {
        guard now < period.end else { return }
        throw Failure(
            .conflict,
            "\(period) ends at \(period.end); its invoices can be issued from then on. "
                + "For what it comes to so far ask for a draft ('--draft').",
            parameter: "period")
    }
}

extension Instant {
    /// As precise as a document shows it, so that what is read back equals what was written.
    var wholeMilliseconds: Instant { Instant(microseconds: microseconds / 1000 * 1000) }
}

/// How documents are numbered.
package enum DocumentNumber {
    package static func invoice(_ sequence: Int64) -> String { "INV-" + padded(sequence) }
    package static func creditNote(_ sequence: Int64) -> String { "CRN-" + padded(sequence) }

    private static func padded(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
