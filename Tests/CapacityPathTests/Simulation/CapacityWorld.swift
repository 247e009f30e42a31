@testable import CapacityPath
import Clusters
import Fleet
import TestKit
import Vocabulary

/// The fleet, the teams and the customers of a simulation.
struct CapacityWorld {
    var inventory: Inventory
    var teams: [OrganizationID]
    var customers: [OrganizationID]
    var faults: SimulatedFaults
    /// What a customer has to spend; nil: as much as it likes.
    var purse: Money?
    /// Orders that come in a thousand steps.
    var ordersPerThousandSteps: Int
    /// Whether the owner takes nodes out and brings them back.
    var hasOperator = false
    var cluster = Sample.cluster

    enum Sample {
        static let cluster: ClusterName = named("sim")
        static let large: PoolName = named("large")
        static let small: PoolName = named("small")
    }

    static func organization(_ number: UInt64) -> OrganizationID {
        OrganizationID(high: 1 << 40, low: number)
    }

    /// Eight nodes of eight in two blocks, and four fractional nodes of four.
    static func mixed(
        faults: SimulatedFaults = .none, surplus: SurplusTerms? = nil
    ) -> CapacityWorld {
        let teams = [organization(1), organization(2)]
        return CapacityWorld(
            inventory: Sample.inventory(
                [
                    Sample.pool(
                        Sample.large, nodes: 8, accelerators: 8, nodesPerBlock: 4,
                        entitlements: [
                            Entitlement(organization: teams[0], accelerators: 16),
                            Entitlement(organization: teams[1], accelerators: 8),
                        ], surplus: surplus),
                    Sample.pool(
                        Sample.small, nodes: 4, accelerators: 4, nodesPerBlock: 4,
                        entitlements: [Entitlement(organization: teams[1], accelerators: 4)],
                        fractional: true, surplus: surplus),
                ]),
            teams: teams, customers: [organization(11), organization(12), organization(13)],
            faults: faults, ordersPerThousandSteps: 400)
    }

    static let rough = SimulatedFaults(
        startDelay: 100...20_000, stopDelay: 50...6000, startFailureThousandths: 60,
        nodeLife: 3_000_000, reportDelay: 0...20_000, repeatedThousandths: 100,
        silenceEvery: 2_000_000)
}

extension CapacityWorld.Sample {
    static func shape(_ accelerators: Int) -> NodeShape {
        NodeShape(
            accelerator: named("h100"), accelerators: accelerators,
            acceleratorMemoryMiB: 81_920, cpuThousandths: Int64(accelerators) * 8000,
            memoryMiB: Int64(accelerators) * 64_000)
    }

    static func pool(
        _ name: PoolName, nodes: Int, accelerators: Int, nodesPerBlock: Int? = nil,
        entitlements: [Entitlement] = [], fractional: Bool = false, surplus: SurplusTerms? = nil
    ) -> PoolDeclaration {
        PoolDeclaration(
            name: name, site: named("home"), supplier: named("own"), cluster: cluster,
            shape: shape(accelerators),
            nodes: (0..<nodes).map { number in
                NodeDeclaration(
                    name: named("\(name)-\(number)"),
                    block: nodesPerBlock.flatMap { BlockName("b\(number / $0)") })
            }, entitlements: entitlements, fractional: fractional,
            surplus: surplus)
    }

    static func inventory(_ pools: [PoolDeclaration]) -> Inventory {
        Inventory(
            sites: [
                SiteDeclaration(
                    name: named("home"), energyPrice: .cents(8), powerUsageThousandths: 1250)
            ],
            suppliers: [
                SupplierDeclaration(
                    name: named("own"),
                    terms: .owned(
                        OwnedCost(
                            capitalPerNode: .dollars(364_000), lifeMonths: 60,
                            residualThousandths: 150, costOfCapitalThousandths: 120,
                            operationsThousandths: 40, wattsPerNode: 10_200)))
            ],
            clusters: [
                ClusterDeclaration(
                    name: cluster, kind: .simulated(SimulatedDeclaration(seed: 1)))
            ], pools: pools)
    }

    static let price = CapacityPrice(
        perAcceleratorHour: .cents(246), version: 1, entry: "h100")

    static func work(_ command: [String]) -> WorkSpecification {
        WorkSpecification(name: "work", command: command)
    }
}
