import CapacityPath
import Fleet
import Logging
import Vocabulary

/// The clusters of the inventory, each with a driver of its own.
extension ControlService {
    /// How late a thing that is due may be done: far below the second that is billed by.
    static let tickInterval = Duration.milliseconds(100)

    /// Runs compute rental until the task is cancelled: opens the clusters, and tells the capacity
    /// path when something is due.
    package func runCapacity(_ opener: ClusterOpener, filesDirectory: String) async throws {
        rental.opener = opener
        rental.filesDirectory = filesDirectory
        defer { closeClusters() }
        if rental.path.declaredInventory == Inventory() {
            let first = try await opener.firstInventory()
            take([.inventoryDeclared(first)])
        }
        noteGap()
        declareMarketsIfChanged()
        orderEngines()
        await openClusters()
        let volumes = Task { await runVolumes() }
        defer { volumes.cancel() }
        var engines = ContinuousClock.now
        var replicas = ContinuousClock.now
        while !Task.isCancelled {
            if let due = rental.path.nextDue, due <= clock.now() { take([.tick]) }
            noteGap()
            lookAtSurplus()
            if engines.duration(to: .now) > Self.engineInterval {
                engines = .now
                declareMarketsIfChanged()
                orderEngines()
            }
            if replicas.duration(to: .now) > ReplicaDesk.watchInterval {
                replicas = .now
                watchReplicas()
            }
            try? await Task.sleep(for: Self.tickInterval)
        }
    }

    /// Opens what the inventory declares and is not open, closes what it no longer declares.
    func openClusters() async {
        guard let opener = rental.opener else { return }
        let inventory = rental.path.declaredInventory
        let declared = inventory.clusters
        opener.declared(inventory)
        for (name, running) in rental.clusters
        where !declared.contains(running.declaration) {
            running.task.cancel()
            rental.clusters[name] = nil
        }
        for declaration in declared where rental.clusters[declaration.name] == nil {
            do {
                let cluster = try await opener.open(declaration, inventory)
                guard rental.clusters[declaration.name] == nil else { continue }
                run(cluster, declaration)
            } catch {
                logger.error(
                    "a cluster cannot be opened",
                    metadata: ["cluster": "\(declaration.name)", "error": "\(error)"])
                retryOpening()
            }
        }
    }

    private func run(_ cluster: any Cluster, _ declaration: ClusterDeclaration) {
        let driver = ClusterDriver(cluster: cluster, service: self, logger: logger)
        let task = Task { await driver.run() }
        rental.clusters[declaration.name] = RunningCluster(
            declaration: declaration, cluster: cluster, driver: driver, task: task)
        for action in rental.path.outstanding(on: declaration.name) { driver.submit(action) }
    }

    private func retryOpening() {
        Task {
            try? await Task.sleep(for: .seconds(5))
            await openClusters()
        }
    }

    private func closeClusters() {
        for running in rental.clusters.values { running.task.cancel() }
        rental.clusters = [:]
        rental.opener = nil
    }

    /// The cluster that runs a pool.
    ///
    /// - Throws: `unavailable` while it is not open.
    func cluster(_ name: ClusterName) throws(Failure) -> any Cluster {
        guard let running = rental.clusters[name] else {
            throw Failure(
                .unavailable,
                "The cluster \(name) does not answer yet. Try again in a moment; if it stays so, "
                    + "look at control's log.", retry: .after(.seconds(5)))
        }
        return running.cluster
    }
}
