import Ledger
import Logging
package import Link
import Metering
import Records
import Vocabulary

/// What gateways say, and what they are told.
extension ControlService {
    /// How long an answer about money waits for gateways to give back what is idle.
    package static let recallWait = Duration.milliseconds(300)
    /// Changes within this time go out as one snapshot.
    package static let snapshotDelay = Duration.milliseconds(10)

    /// A gateway has connected; the number names the connection.
    package func connected(_ peer: any GatewayPeer) -> Int64 {
        lastConnection += 1
        connections[lastConnection] = GatewayConnection(peer: peer)
        return lastConnection
    }

    package func disconnected(_ connection: Int64) {
        guard let gateway = connections.removeValue(forKey: connection)?.gateway else { return }
        guard gateways[gateway]?.connection == connection else { return }
        gateways[gateway]?.connection = nil
        demandEnded(of: gateway)
    }

    /// - Throws: a ``Failure`` after which the connection is to be closed.
    package func receive(_ message: GatewayMessage, on connection: Int64) async throws {
        if case .hello(let hello) = message {
            try await welcome(hello, on: connection)
            return
        }
        // A connection that a newer one of the same gateway has replaced says nothing any more.
        guard let gateway = connections[connection]?.gateway,
            gateways[gateway]?.connection == connection
        else { throw Failure(.conflict, "This connection has not said hello, or was replaced.") }
        switch message {
        case .hello: break
        case .borrow(let id, let requests):
            // Money that came back, and the epoch's own beginning, are seen first.
            try applyAll(of: gateway)
            let grants = try lend(requests, to: gateway)
            connections[connection]?.peer.send(.granted(id: id, grants: grants))
        case .synced(let offset):
            advance(gateway, to: offset)
            applySoon()
        case .recalled(let id, let offset):
            advance(gateway, to: offset)
            applyOrLog(gateway)
            barriers.answered(id)
        case .linesWanted(let count): linesWanted(count, by: gateway)
        case .linesReturned(let lines): linesReturned(lines, by: gateway)
        case .load(let inFlight, let models):
            gateways[gateway]?.inFlight = inFlight.reduce(0) { $0 + $1.inFlight }
            demandReported(models, by: gateway)
        }
    }

    private func advance(_ gateway: GatewayID, to offset: Int64) {
        let known = gateways[gateway]?.synced ?? 0
        gateways[gateway]?.synced = max(known, offset)
    }

    private func welcome(_ hello: GatewayHello, on connection: Int64) async throws {
        let id = hello.gateway
        try introduce(hello)
        guard let state = gateways[id] else { return }
        guard hello.syncedOffset >= state.applied else {
            let failure = Failure(
                .conflict,
                "The journal of \(id) ends at \(hello.syncedOffset), but was applied up to "
                    + "\(state.applied): files of \(hello.journalDirectory) are missing. Put them "
                    + "back from the backup, then start the gateway again.")
            logger.error("gateway refused", metadata: ["reason": "\(failure.message)"])
            throw failure
        }
        if let old = state.connection, old != connection { connections[old]?.peer.close() }
        connections[connection]?.gateway = id
        gateways[id]?.connection = connection
        gateways[id]?.synced = hello.syncedOffset
        // Of the link before: nothing is lent until what it holds is known.
        batchDesk.wanted[id] = 0
        while try applyBatch(of: id) { await Task.yield() }
        guard gateways[id]?.connection == connection else { return }
        try takeBackLost(hello)
        let peer = connections[connection]?.peer
        peer?.send(.welcome(applied: gateways[id]?.applied ?? 0))
        peer?.send(.snapshot(makeSnapshot()))
        linesHeld(hello.lines, by: id)
        logger.info(
            "gateway connected", metadata: ["gateway": "\(id)", "epoch": "\(hello.epoch)"])
    }

    private func introduce(_ hello: GatewayHello) throws {
        let row = GatewayRow(
            id: hello.gateway, epoch: hello.epoch, journalDirectory: hello.journalDirectory)
        guard let known = gateways[hello.gateway] else {
            try transact { try $0.insert(row) }
            gateways[hello.gateway] = GatewayState(row: row, applied: 0)
            return
        }
        guard hello.epoch >= known.row.epoch else {
            throw Failure(
                .conflict,
                "Epoch \(hello.epoch) of \(hello.gateway) is over: epoch \(known.row.epoch) has "
                    + "begun. Two processes use one gateway's data; stop the older one.")
        }
        if known.row != row {
            try transact { try $0.update(row) }
            gateways[hello.gateway]?.row = row
        }
    }

    /// Gives back grants of this epoch that were committed and never reached the gateway.
    private func takeBackLost(_ hello: GatewayHello) throws {
        var known: [LeasedPurse: Money] = [:]
        for grant in hello.granted {
            known[LeasedPurse(grant.scope), default: .zero] += grant.amount
        }
        let committed = try records.read {
            try $0.grants(of: hello.gateway, epoch: hello.epoch)
        }
        var granted: [LeasedPurse: Money] = [:]
        for grant in committed { granted[grant.purse, default: .zero] += grant.amount }
        for (purse, amount) in known where amount > granted[purse] ?? .zero {
            throw Failure(
                .conflict,
                "\(hello.gateway) holds \(amount) of \(purse.scope), and the records say "
                    + "\(granted[purse] ?? .zero). Start the gateway again; if that does not help, "
                    + "run 'spillway verify'.")
        }
        let lost = granted.map { ($0.key, $0.value - (known[$0.key] ?? .zero)) }
            .filter { $0.1 > .zero }
        guard !lost.isEmpty else { return }
        try transact { records in
            for (purse, amount) in lost {
                let amount = min(amount, book.balance(purse.lease(hello.gateway)))
                guard amount > .zero else { continue }
                let id: TransactionID = makeIdentifier()
                let posted = try post(
                    Posting.giveBack(
                        amount, of: purse, from: hello.gateway, kind: .lostGrant,
                        key: "lost/\(id)", reference: "epoch \(hello.epoch)"), records)
                try records.insert(
                    GrantRow(
                        transaction: posted.sequence, gateway: hello.gateway, epoch: hello.epoch,
                        purse: purse, amount: .zero - amount))
            }
        }
    }

    // MARK: Snapshots

    /// Something that gateways must know has changed: told within ``snapshotDelay``.
    func snapshotChanged() {
        snapshotVersion += 1
        guard !pushIsDue else { return }
        pushIsDue = true
        Task {
            try? await Task.sleep(for: Self.snapshotDelay)
            pushSnapshot()
        }
    }

    private func pushSnapshot() {
        pushIsDue = false
        let snapshot = makeSnapshot()
        for state in gateways.values {
            if let connection = state.connection {
                connections[connection]?.peer.send(.snapshot(snapshot))
            }
        }
    }

    package func makeSnapshot() -> GatewaySnapshot {
        var snapshot = directory.snapshot(
            version: snapshotVersion, at: clock.now(), replicas: replicas, supplies: supplies,
            signing: signing)
        snapshot.warmUps = warmUps
        return snapshot
    }

    // MARK: Calling money back

    /// Asks connected gateways to give idle money of these scopes back, waits at most
    /// ``recallWait``, and applies what they have written until then. Without scopes it only
    /// catches up with them.
    func settleDown(recalling scopes: [Scope]) async {
        let present = gateways.values.compactMap(\.connection)
        if !present.isEmpty {
            await withCheckedContinuation { continuation in
                var recalls: [Int64: Int64] = [:]
                for connection in present { recalls[barriers.makeRecall()] = connection }
                let barrier = barriers.wait(for: Set(recalls.keys), continuation)
                for (recall, connection) in recalls {
                    connections[connection]?.peer.send(.recall(id: recall, scopes: scopes))
                }
                Task {
                    try? await Task.sleep(for: Self.recallWait)
                    barriers.end(barrier)
                }
            }
        }
        for gateway in gateways.keys { applyOrLog(gateway) }
    }
}
