import CapacityPath
import Fleet
import Vocabulary

/// The fleet of the demo: 47 owned nodes of 8 as recorded, 4 more that are bought in, and 4 that
/// are ordered.
enum DemoFleet {
    static let ownedNodes = 47
    static let rentedNodes = 4
    static let accelerators = ownedNodes * 8
    static let accelerator = "h100"
    static let start = Instant(microseconds: 1_793_491_200_000_000)
    /// Of what a team had in the recorded fleet, what it is entitled to here, in thousandths.
    static let entitledThousandths = 600
    /// Work and money are reckoned by the hour: a month in a minute.
    static let holdPeriod: Int64 = 3600

    static func name<Entity: NamedEntity>(_ text: String) -> Name<Entity> {
        guard let name = Name<Entity>(text) else { preconditionFailure("'\(text)' is a name") }
        return name
    }

    static let cluster: ClusterName = name("earth")
    static let owned: PoolName = name("earth")
    static let rented: PoolName = name("rented")

    static func inventory(
        _ entitlements: [Entitlement], seed: UInt64
    ) -> Inventory {
        let shape = NodeShape(
            accelerator: name(accelerator), accelerators: 8, acceleratorMemoryMiB: 81_920,
            cpuThousandths: 112_000, memoryMiB: 2_048_000)
        let end = start + .seconds(86_400 * 395)
        return Inventory(
            sites: [
                SiteDeclaration(
                    name: name("hall"), energyPrice: .cents(8), powerUsageThousandths: 1250,
                    powerCap: 640_000)
            ],
            suppliers: [
                SupplierDeclaration(
                    name: name("own"),
                    terms: .owned(
                        OwnedCost(
                            capitalPerNode: .dollars(320_000), lifeMonths: 60,
                            residualThousandths: 150, costOfCapitalThousandths: 120,
                            operationsThousandths: 40, wattsPerNode: 10_200))),
                SupplierDeclaration(
                    name: name("neocloud"),
                    terms: .boughtIn(
                        SupplyContract(
                            kind: .takeOrPay, pricePerAcceleratorHour: .cents(210), from: start,
                            to: end, accelerators: rentedNodes * 8))),
            ],
            clusters: [
                ClusterDeclaration(
                    name: cluster, kind: .simulated(SimulatedDeclaration(seed: seed)))
            ],
            pools: [
                PoolDeclaration(
                    name: owned, site: name("hall"), supplier: name("own"), cluster: cluster,
                    shape: shape,
                    nodes: nodes("e", ownedNodes) + nodes("f", 4, delivery: deliveryDay),
                    entitlements: entitlements),
                PoolDeclaration(
                    name: rented, site: name("hall"), supplier: name("neocloud"),
                    cluster: cluster, shape: shape, nodes: nodes("r", rentedNodes)),
            ])
    }

    private static let deliveryDay = start + .seconds(86_400 * 45)

    /// In blocks of eight.
    private static func nodes(
        _ prefix: String, _ count: Int, delivery: Instant? = nil
    ) -> [NodeDeclaration] {
        (0..<count).map { index in
            NodeDeclaration(
                name: name("\(prefix)\(index + 1)"), block: name("\(prefix)b\(index / 8 + 1)"),
                delivery: delivery)
        }
    }

    /// Those that stand.
    static func standing(_ inventory: Inventory) -> [(name: NodeName, shape: NodeShape)] {
        inventory.pools.flatMap { pool in
            pool.nodes.filter { $0.delivery == nil }.map { ($0.name, pool.shape) }
        }
    }
}
