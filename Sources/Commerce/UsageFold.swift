package import Metering
package import Vocabulary

/// Charges of one customer, added up to the quantities of invoice lines.
package struct UsageFold: Hashable, Sendable {
    /// What capacity comes to on one line.
    package struct CapacitySum: Hashable, Sendable {
        package fileprivate(set) var quantity: Int64 = 0
        package fileprivate(set) var amount = Money.zero
        /// How many amounts were rounded to 10⁻¹⁸ dollars: one for each time that a lease was at
        /// this line's price, each stretch of storage and each credit.
        package fileprivate(set) var parts = 0
        /// Where the last stretch of a lease on this line ended.
        fileprivate var ends: [LeaseID: Int64] = [:]
    }

    /// Tokens.
    package private(set) var quantities: [InvoiceLineKey: Int64] = [:]
    package private(set) var capacity: [InvoiceLineKey: CapacitySum] = [:]
    /// What the events were charged: the lines' exact amounts must come to the same.
    package private(set) var charged: Money = .zero
    package private(set) var requests: Int64 = 0
    /// Leases with a billed stretch.
    package private(set) var leases: Set<LeaseID> = []
    /// The highest sequence number of a usage event that was added.
    package private(set) var through: Int64 = 0

    package init() {}

    package var isEmpty: Bool { requests == 0 && capacity.isEmpty }

    /// Adds one applied usage event; `sequence` is its place among all that control has applied.
    package mutating func add(_ event: SettledRequest, sequence: Int64) {
        requests += 1
        charged += event.amount
        through = max(through, sequence)
        for tokenClass in TokenClass.allCases where event.billed[tokenClass] != 0 {
            let product = TokenProduct(
                model: event.opened.model, tokenClass: tokenClass,
                priceVersion: event.opened.priceVersion, tier: event.opened.tier)
            let key = InvoiceLineKey(
                project: event.opened.project, product: .tokens(product),
                servicePeriod: BillingPeriod(containing: event.at))
            quantities[key, default: 0] += event.billed[tokenClass]
        }
    }

    /// Adds a stretch of a lease; one that is not billed changes nothing.
    package mutating func add(_ stretch: ComputeStretch) {
        guard let key = stretch.invoiceKey else { return }
        leases.insert(stretch.lease)
        add(stretch.amount, quantity: stretch.time.thousandthSeconds, to: key) { sum in
            if sum.ends[stretch.lease] != stretch.fromSecond { sum.parts += 1 }
            sum.ends[stretch.lease] = stretch.toSecond
        }
    }

    /// Adds a stretch of a volume; one that is not billed changes nothing.
    package mutating func add(_ stretch: StorageStretch) {
        guard let key = stretch.invoiceKey else { return }
        add(stretch.amount, quantity: stretch.mebibytes * stretch.seconds, to: key) {
            $0.parts += 1
        }
    }

    package mutating func add(_ credit: ServiceCredit) {
        add(.zero - credit.amount, quantity: 1, to: credit.invoiceKey) { $0.parts += 1 }
    }

    private mutating func add(
        _ amount: Money, quantity: Int64, to key: InvoiceLineKey,
        _ note: (inout CapacitySum) -> Void
    ) {
        var sum = capacity[key] ?? CapacitySum()
        sum.quantity += quantity
        sum.amount += amount
        note(&sum)
        capacity[key] = sum
        charged += amount
    }

    /// Whether an event is part of the line with this key.
    package static func contributes(_ event: SettledRequest, to key: InvoiceLineKey) -> Bool {
        guard case .tokens(let product) = key.product else { return false }
        return event.opened.project == key.project && event.opened.model == product.model
            && event.opened.priceVersion == product.priceVersion
            && event.opened.tier == product.tier
            && BillingPeriod(containing: event.at) == key.servicePeriod
            && event.billed[product.tokenClass] != 0
    }
}

extension ComputeStretch {
    /// The line that it stands on; nil where it is not billed.
    package var invoiceKey: InvoiceLineKey? {
        guard unbilledReason == nil else { return nil }
        return InvoiceLineKey(
            project: project,
            product: .compute(
                ComputeProduct(
                    accelerator: entry, purchaseClass: purchaseClass, priceVersion: priceVersion,
                    pricePerHour: pricePerHour)),
            servicePeriod: BillingPeriod(containing: lastInstant))
    }
}

extension StorageStretch {
    /// The line that it stands on; nil where it is not billed.
    package var invoiceKey: InvoiceLineKey? {
        guard unbilledReason == nil else { return nil }
        return InvoiceLineKey(
            project: project,
            product: .storage(
                StorageProduct(
                    entry: entry, priceVersion: priceVersion, perGiBMonth: perGiBMonth)),
            servicePeriod: BillingPeriod(containing: lastInstant))
    }
}

extension ServiceCredit {
    /// The line that it stands on.
    package var invoiceKey: InvoiceLineKey {
        InvoiceLineKey(
            project: project,
            product: .serviceCredit(
                ServiceCreditProduct(
                    accelerator: entry, purchaseClass: purchaseClass, reason: reason)),
            servicePeriod: BillingPeriod(containing: at))
    }
}
