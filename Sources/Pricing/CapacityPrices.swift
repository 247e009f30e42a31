package import Vocabulary

/// What an accelerator of one type costs, in dollars per accelerator-hour; a class without a price
/// is not sold.
package struct ComputePrice: Hashable, Codable, Sendable {
    /// The price book's entry: the accelerator's type.
    package var accelerator: AcceleratorType
    package var reserved: Money?
    package var onDemand: Money?
    package var spot: Money?
    /// Where the price comes from, for the person who reviews it.
    package var source: String
    /// The day on which the source said so: `2026-11-21`.
    package var sourceDate: String

    package init(
        accelerator: AcceleratorType, reserved: Money? = nil, onDemand: Money? = nil,
        spot: Money? = nil, source: String, sourceDate: String
    ) {
        self.accelerator = accelerator
        self.reserved = reserved
        self.onDemand = onDemand
        self.spot = spot
        self.source = source
        self.sourceDate = sourceDate
    }

    package subscript(purchaseClass: PurchaseClass) -> Money? {
        switch purchaseClass {
        case .reserved: reserved
        case .onDemand: onDemand
        case .spot: spot
        }
    }
}

/// What kept data costs, in dollars per GiB-month; see ``StorageTime`` for how long a month is.
package struct StoragePrice: Hashable, Codable, Sendable {
    /// The price book's entry for customers' volumes and their snapshots.
    package static let volumes = "volumes"

    /// What is kept: `volumes`.
    package var entry: String
    package var perGiBMonth: Money
    package var source: String
    package var sourceDate: String

    package init(entry: String, perGiBMonth: Money, source: String, sourceDate: String) {
        self.entry = entry
        self.perGiBMonth = perGiBMonth
        self.source = source
        self.sourceDate = sourceDate
    }
}
