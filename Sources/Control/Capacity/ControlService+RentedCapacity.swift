import Metering
import Pricing
import Records
import Vocabulary

extension ControlService {
    /// What was rented and billed by a price book, by customer: for the check of new prices.
    func pricedCapacity(in period: Range<Instant>) throws -> [PricedCapacity] {
        struct Rented: Hashable {
            var customer: OrganizationID
            var entry: String
            /// nil for storage.
            var purchaseClass: PurchaseClass?
        }
        var computed: [Rented: AcceleratorTime] = [:]
        var kept: [Rented: StorageTime] = [:]
        let filter = CapacityChargeFilter(from: period.lowerBound, to: period.upperBound)
        try records.read { records in
            try records.eachComputeCharge(filter) { row in
                let stretch = row.stretch
                guard stretch.unbilledReason == nil, stretch.priceVersion > 0 else { return }
                let rented = Rented(
                    customer: stretch.organization, entry: stretch.entry,
                    purchaseClass: stretch.purchaseClass)
                computed[rented] = (computed[rented] ?? .zero) + stretch.time
            }
            try records.eachStorageCharge(filter) { row in
                let stretch = row.stretch
                guard stretch.unbilledReason == nil, stretch.priceVersion > 0 else { return }
                let rented = Rented(customer: stretch.organization, entry: stretch.entry)
                let time = StorageTime(mebibytes: stretch.mebibytes, seconds: stretch.seconds)
                kept[rented] = (kept[rented] ?? .zero) + time
            }
        }
        return computed.map { rented, time in
            PricedCapacity(
                customer: rented.customer,
                quantity: .compute(
                    entry: rented.entry, rented.purchaseClass ?? .onDemand, time))
        }
            + kept.map { rented, time in
                PricedCapacity(
                    customer: rented.customer,
                    quantity: .storage(entry: rented.entry, time))
            }
    }
}
