package import CapacityPath
import Fleet
package import Logging
import Vocabulary

/// Stands between control and one cluster: asks the cluster how its nodes and leases are, and
/// gives it control's commands, each again until the cluster has taken it.
package struct ClusterDriver: Sendable {
    static let nodeInterval = Duration.seconds(CapacityLimits.nodeReports)
    /// A cluster that has not answered for this long is silent: its nodes are taken for lost.
    static let silenceLimit = Duration.seconds(60)
    static let firstRetry = Duration.milliseconds(100)
    static let longestRetry = Duration.seconds(5)
    /// Between SIGTERM and SIGKILL.
    static let stopGrace = Duration.seconds(2)

    let cluster: any Cluster
    let service: ControlService
    let logger: Logger
    private let signals: AsyncStream<Signal>
    private let send: AsyncStream<Signal>.Continuation

    private enum Signal: Sendable {
        case command(ClusterAction)
        case finished(CommandLanes.Key)
    }

    package init(cluster: any Cluster, service: ControlService, logger: Logger) {
        self.cluster = cluster
        self.service = service
        self.logger = logger
        (signals, send) = AsyncStream.makeStream(of: Signal.self)
    }

    func submit(_ action: ClusterAction) { send.yield(.command(action)) }

    /// Runs until its task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watchNodes() }
            group.addTask { await watchLeases() }
            group.addTask { await carryOut() }
            await group.waitForAll()
        }
    }

    // MARK: Reports

    private func watchNodes() async {
        var lastAnswer = ContinuousClock.now
        var saidSilent = false
        var last: [NodeReport]?
        while !Task.isCancelled {
            do throws(Failure) {
                let reports = try await cluster.nodes()
                lastAnswer = .now
                if saidSilent || reports != last {
                    if await service.take([.nodesReported(cluster.name, reports)]) {
                        last = reports
                        saidSilent = false
                    }
                }
            } catch {
                if !saidSilent, lastAnswer.duration(to: .now) > Self.silenceLimit {
                    saidSilent = await service.take([
                        .clusterSilent(
                            cluster.name,
                            since: service.clock.now() + (.zero - lastAnswer.duration(to: .now)))
                    ])
                    logger.error(
                        "a cluster is silent",
                        metadata: ["cluster": "\(cluster.name)", "error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.nodeInterval)
        }
    }

    private func watchLeases() async {
        /// What was reported and could not be written down yet.
        var unsaid: [LeaseReport] = []
        while !Task.isCancelled {
            do throws(Failure) {
                unsaid += try await cluster.leases()
            } catch {
                logger.debug(
                    "a cluster does not say how leases are",
                    metadata: ["cluster": "\(cluster.name)", "error": "\(error)"])
            }
            if !unsaid.isEmpty, await service.take([.leasesReported(cluster.name, unsaid)]) {
                unsaid = []
            }
            // The bill does not depend on it: clusters report when work began and ended. How soon a
            // place is given to the next does.
            try? await Task.sleep(for: cluster.leaseInterval)
        }
    }

    // MARK: Commands

    private func carryOut() async {
        var lanes = CommandLanes()
        await withTaskGroup(of: Void.self) { group in
            for await signal in signals {
                switch signal {
                case .command(let action): lanes.add(action)
                case .finished(let key): lanes.finished(key)
                }
                while let (key, action) = lanes.next() {
                    group.addTask {
                        await give(action)
                        send.yield(.finished(key))
                    }
                }
                if Task.isCancelled { break }
            }
            group.cancelAll()
        }
    }

    /// Gives one command until the cluster has taken or refused it.
    private func give(_ action: ClusterAction) async {
        var delay = Self.firstRetry
        while !Task.isCancelled {
            do throws(Failure) {
                try await perform(action)
                return
            } catch {
                guard error.code == .unavailable || error.code == .timeout else {
                    await refused(action, error)
                    return
                }
                logger.warning(
                    "a cluster did not take a command, which is given again",
                    metadata: ["cluster": "\(cluster.name)", "error": "\(error)"])
            }
            try? await Task.sleep(for: delay)
            delay = min(delay * 2, Self.longestRetry)
        }
    }

    private func perform(_ action: ClusterAction) async throws(Failure) {
        if await service.carryOutForEngine(action) { return }
        switch action {
        case .start(let grant):
            guard let start = try await service.leaseStart(grant) else { return }
            try await cluster.start(start)
        case .notify(let lease, let notice): try await cluster.notify(lease, notice)
        case .stop(let lease): try await cluster.stop(lease, grace: Self.stopGrace)
        case .forget(let lease): try await cluster.forget(lease)
        case .fence(let node, let reason): try await cluster.fence(node, reason: reason)
        case .unfence(let node): try await cluster.unfence(node)
        case .reserve(let window): try await cluster.reserve(window)
        case .release(let reservation): try await cluster.release(reservation)
        case .check(let node): await service.take([try await check(node)])
        }
    }

    /// A node passes that its cluster sees up.
    private func check(_ node: NodeName) async throws(Failure) -> CapacityEvent {
        let report = try await cluster.nodes().first { $0.node == node }
        let detail =
            switch report?.state {
            case .up: "up, as its cluster says"
            case .draining, .down: report?.reason ?? "down, as its cluster says"
            case nil: "its cluster does not know it"
            }
        return .nodeChecked(node, passed: report?.state == .up, detail: detail)
    }

    private func refused(_ action: ClusterAction, _ failure: Failure) async {
        logger.error(
            "a cluster refused a command",
            metadata: ["cluster": "\(cluster.name)", "error": "\(failure)"])
        guard case .start(let grant) = action else { return }
        let end = LeaseEnd(
            startedAt: nil, endedAt: service.clock.now(), cause: .startFailed(failure.message))
        // What will never be taken is not tried again and again.
        let given: [CapacityEvent] =
            failure.code == .forbidden ? [.orderCancelled(grant.order)] : []
        await service.take(
            given + [
                .leasesReported(
                    cluster.name, [LeaseReport(lease: grant.lease, state: .ended(end))])
            ])
    }
}
