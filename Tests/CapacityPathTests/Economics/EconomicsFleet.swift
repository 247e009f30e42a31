import CapacityPath
import Fleet
import Vocabulary

/// A fleet whose costs can be worked out in the head: a node of 8 costs a dollar an hour of
/// capital, a dollar of operations and 80 cents of energy under load, 24 cents of it when idle.
enum EconomicsFleet {
    static let hall = name("hall", of: Site.self)
    static let yard = name("yard", of: Site.self)
    static let own = name("own", of: Supplier.self)
    static let neo = name("neo", of: Supplier.self)
    static let h100 = name("h100", of: Pool.self)
    static let rented = name("rented", of: Pool.self)
    static let midnight = Instant(microseconds: 1_772_323_200_000_000)

    static func name<Entity: NamedEntity>(_ text: String, of: Entity.Type) -> Name<Entity> {
        guard let name = Name<Entity>(text) else { preconditionFailure("\(text) is a name") }
        return name
    }

    static func pool(
        _ name: PoolName, _ site: SiteName, _ supplier: SupplierName
    ) -> PoolDeclaration {
        PoolDeclaration(
            name: name, site: site, supplier: supplier,
            cluster: Self.name("sim", of: ClusterEntity.self),
            shape: NodeShape(
                accelerator: AcceleratorType("h100") ?? never, accelerators: 8,
                acceleratorMemoryMiB: 81_920, cpuThousandths: 8000, memoryMiB: 65_536),
            nodes: [NodeDeclaration(name: Self.name("\(name)-1", of: Node.self))])
    }

    private static var never: AcceleratorType { preconditionFailure("h100 is a type") }

    static func contract(
        _ kind: SupplyContract.Kind, from: Instant = midnight + .seconds(-86_400)
    ) -> SupplyContract {
        SupplyContract(
            kind: kind, pricePerAcceleratorHour: .dollars(2), from: from,
            to: midnight + .seconds(86_400 * 365), accelerators: 16)
    }

    static func inventory(
        _ contract: SupplyContract = contract(.takeOrPay), powerCap: Int64? = nil
    ) -> Inventory {
        Inventory(
            sites: [
                SiteDeclaration(
                    name: hall, energyPrice: .cents(10), powerUsageThousandths: 1000,
                    powerCap: powerCap),
                SiteDeclaration(name: yard, energyPrice: .cents(10), powerUsageThousandths: 1000),
            ],
            suppliers: [
                SupplierDeclaration(
                    name: own,
                    terms: .owned(
                        OwnedCost(
                            capitalPerNode: .dollars(87_600), lifeMonths: 120,
                            residualThousandths: 0, costOfCapitalThousandths: 0,
                            operationsThousandths: 100, wattsPerNode: 8000))),
                SupplierDeclaration(name: neo, terms: .boughtIn(contract)),
            ],
            clusters: [],
            pools: [pool(h100, hall, own), pool(rented, yard, neo)])
    }

    /// A pool of 8 accelerators of which so many were in each use for so many hours.
    static func uses(_ stretches: [(hours: Int64, counts: [AcceleratorUse: Int64])]) -> UseSums {
        var sums = UseSums()
        for stretch in stretches {
            var vector = UseVector()
            for (use, count) in stretch.counts { vector[use] = count * 1000 }
            sums.count(vector, node: 8000, for: Int128(stretch.hours) * 3_600_000_000)
        }
        return sums
    }

    static func revenue(
        _ pool: PoolName?, hours: Int64, _ amount: Money,
        _ purchaseClass: PurchaseClass = .onDemand, isInternal: Bool = false
    ) -> EconomicsInputs.Revenue {
        EconomicsInputs.Revenue(
            pool: pool, product: .compute, purchaseClass: purchaseClass, isInternal: isInternal,
            hours: .hours(hours), amount: amount)
    }
}
