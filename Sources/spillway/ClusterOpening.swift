import CapacityPath
import Clusters
import Control
import Fleet
import Foundation
import Synchronization
import Vocabulary

/// The clusters that this program can speak with.
enum ClusterOpening {
    /// How this machine is named where nobody has declared anything.
    private static let localName = "local"

    static func opener(for directory: DataDirectory) -> ClusterOpener {
        let simulated = SimulatedClusters()
        return ClusterOpener(
            open: { declaration, inventory in
                try await open(declaration, inventory, simulated, directory)
            },
            declared: { simulated.declare($0) },
            firstInventory: { try thisMachine() })
    }

    private static func open(
        _ declaration: ClusterDeclaration, _ inventory: Inventory, _ simulated: SimulatedClusters,
        _ directory: DataDirectory
    ) async throws -> any Cluster {
        switch declaration.kind {
        case .local: try await LocalCluster.open(place(declaration.name, directory))
        case .slurm(let slurm):
            try await SlurmCluster.open(declaration.name, slurm, clock: .system)
        case .simulated(let settings):
            simulated.open(declaration.name, seed: settings.seed, inventory)
        }
    }

    private static func place(
        _ name: ClusterName, _ directory: DataDirectory
    ) throws -> LocalPlace {
        guard let program = Bundle.main.executablePath else {
            throw Failure(.internalError, "This program does not know where it is.")
        }
        return LocalPlace(
            name: name, dataDirectory: directory.path, program: program, clock: .system)
    }

    /// This machine as a pool `local`: so that the first job needs no inventory file.
    private static func thisMachine() throws -> Inventory {
        guard let cluster = ClusterName(localName), let pool = PoolName(localName),
            let site = SiteName("here"), let supplier = SupplierName("owned")
        else { throw Failure(.internalError, "A name of ours is not a name.") }
        let machine = LocalCluster.look()
        return Inventory(
            sites: [
                SiteDeclaration(
                    name: site, energyPrice: .cents(12), powerUsageThousandths: 1000)
            ],
            suppliers: [
                SupplierDeclaration(name: supplier, terms: .owned(.assumed(of: machine.shape)))
            ],
            clusters: [ClusterDeclaration(name: cluster, kind: .local)],
            pools: [
                PoolDeclaration(
                    name: pool, site: site, supplier: supplier, cluster: cluster,
                    shape: machine.shape, nodes: [NodeDeclaration(name: machine.node)],
                    // CPU slots are shared by model engines; GPUs are not divided.
                    fractional: machine.shape.acceleratorMemoryMiB == 0, surplus: SurplusTerms())
            ])
    }
}

extension OwnedCost {
    /// What is assumed of a machine that nobody has declared: the owner's inventory says better.
    fileprivate static func assumed(of shape: NodeShape) -> OwnedCost {
        let count = Int64(shape.accelerators)
        let hasGPUs = shape.acceleratorMemoryMiB > 0
        return OwnedCost(
            capitalPerNode: .dollars(count * (hasGPUs ? 30_000 : 250)), lifeMonths: 48,
            residualThousandths: 100, costOfCapitalThousandths: 80, operationsThousandths: 50,
            wattsPerNode: count * (hasGPUs ? 1000 : 25))
    }
}

/// The simulated clusters that are open: they have the nodes that the inventory gives them.
private final class SimulatedClusters: Sendable {
    private let clusters = Mutex<[ClusterName: SimulatedCluster]>([:])

    func open(_ name: ClusterName, seed: UInt64, _ inventory: Inventory) -> SimulatedCluster {
        let cluster = SimulatedCluster(name: name, nodes: [], seed: seed, clock: .system)
        cluster.declare(inventory)
        clusters.withLock { $0[name] = cluster }
        return cluster
    }

    func declare(_ inventory: Inventory) {
        for cluster in clusters.withLock({ Array($0.values) }) { cluster.declare(inventory) }
    }
}
