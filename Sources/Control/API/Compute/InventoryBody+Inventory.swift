package import Fleet
import Vocabulary
package import Wire

extension InventoryBody {
    /// The inventory with the fields of its file.
    package init(_ inventory: Inventory) {
        self.init(
            sites: inventory.sites.map {
                SiteBody(
                    name: $0.name, energyPrice: $0.energyPrice,
                    powerUsage: decimal($0.powerUsageThousandths), powerCapWatts: $0.powerCap)
            },
            suppliers: inventory.suppliers.map(SupplierDeclarationBody.init),
            clusters: inventory.clusters.map(ClusterBody.init),
            pools: inventory.pools.map(PoolDeclarationBody.init))
    }
}

private func decimal(_ thousandths: Int64) -> String {
    Accelerators(thousandths: thousandths).description
}

extension SupplierDeclarationBody {
    fileprivate init(_ supplier: SupplierDeclaration) {
        self.init(name: supplier.name)
        switch supplier.terms {
        case .owned(let cost):
            owned = Owned(
                capitalPerNode: cost.capitalPerNode, lifeMonths: cost.lifeMonths,
                residual: decimal(cost.residualThousandths),
                costOfCapital: decimal(cost.costOfCapitalThousandths),
                operations: decimal(cost.operationsThousandths), wattsPerNode: cost.wattsPerNode)
        case .boughtIn(let contract):
            boughtIn = BoughtIn(
                kind: contract.kind.rawValue,
                pricePerAcceleratorHour: contract.pricePerAcceleratorHour, from: contract.from,
                to: contract.to, accelerators: contract.accelerators,
                monthlyCap: contract.monthlyCap)
        case .remote(let supply):
            remote = Remote(
                url: supply.baseURL, keyFile: supply.keyFile, requests: supply.requests,
                dailyCap: supply.dailyCap, monthlyCap: supply.monthlyCap,
                models: supply.models.map {
                    Remote.Model(
                        model: $0.model, upstreamModel: $0.upstreamModel, queue: $0.queue,
                        perMillion: $0.perMillion)
                })
        }
    }
}

extension ClusterBody {
    fileprivate init(_ cluster: ClusterDeclaration) {
        self.init(name: cluster.name)
        switch cluster.kind {
        case .local: local = Local()
        case .slurm(let slurm):
            self.slurm = Slurm(
                configuration: slurm.configuration, url: slurm.url, user: slurm.user,
                tokenFile: slurm.tokenFile, partition: slurm.partition,
                sharedDirectory: slurm.sharedDirectory, hostNetwork: slurm.hostNetwork,
                networkSeparatedBy: slurm.networkSeparatedBy)
        case .simulated(let simulated): self.simulated = Simulated(seed: simulated.seed)
        }
    }
}

extension PoolDeclarationBody {
    fileprivate init(_ pool: PoolDeclaration) {
        self.init(
            name: pool.name, site: pool.site, supplier: pool.supplier, cluster: pool.cluster,
            accelerator: pool.shape.accelerator, acceleratorsPerNode: pool.shape.accelerators,
            acceleratorMemoryMiB: pool.shape.acceleratorMemoryMiB,
            cpusPerNode: decimal(pool.shape.cpuThousandths),
            memoryMiBPerNode: pool.shape.memoryMiB, fractional: pool.fractional,
            nodes: pool.nodes.map {
                Node(name: $0.name, block: $0.block, rack: $0.rack, delivery: $0.delivery)
            },
            entitlements: pool.entitlements.map {
                Entitlement(customer: $0.organization, accelerators: $0.accelerators)
            },
            surplus: pool.surplus.map {
                Surplus(
                    harmLimit: Millionths.text($0.harmMillionths), limitsSales: $0.limitsSales)
            })
        overflow = pool.overflow?.map { Overflow(pool: $0) }
        startWithin = pool.startWithin
        plannedUse = pool.plannedUse.map(decimal)
    }
}
