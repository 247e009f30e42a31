import CapacityPath
import Fleet
import Foundation
import Ledger
import Metering
import Records
package import Vocabulary
package import Wire

/// How orders stand: out of the capacity path while it has them in mind, later out of the records.
extension ControlService {
    package func orders(
        _ kind: OrderKind, _ query: OrderQuery, viewer: CapacityViewer
    ) async throws -> [OrderBody] {
        let project = viewer.project ?? query.project
        let filter = OrderFilter(project: project)
        var bodies: [OrderBody] = []
        var isBehind = query.after == nil
        for row in try records.read({ try $0.orders(filter) }).reversed()
        where row.order.content.kind == kind {
            if isBehind {
                let body = try body(of: row.order)
                if query.state == nil || query.state == body.state { bodies.append(body) }
                if bodies.count == query.limit { break }
            }
            if row.order.id == query.after { isBehind = true }
        }
        return bodies
    }

    package func order(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody {
        try body(of: try placedOrder(id, viewer))
    }

    /// The order, if the viewer may see it.
    func placedOrder(_ id: OrderID, _ viewer: CapacityViewer) throws -> Order {
        let order =
            if let view = rental.path.order(id, at: clock.now()) {
                view.order
            } else {
                try records.read { try $0.order(id)?.order }
            }
        guard let order, viewer.project == nil || viewer.project == order.project else {
            throw Failure(.notFound, "There is no \(id) here. Lists show what there is.")
        }
        return order
    }

    private func body(of order: Order) throws -> OrderBody {
        if let view = rental.path.order(order.id, at: clock.now()) {
            return try records.read { try body(of: view, $0) }
        }
        guard let document = try records.read({ try $0.outcome(of: order.id) }) else {
            return OrderBody(order)
        }
        return try JSONDecoder().decode(OrderBody.self, from: Data(document.utf8))
    }

    /// Writes down how orders stood when they ended: the capacity path forgets them after a time.
    func keepEndedOrders(_ records: any Recorder) throws {
        let ended = rental.ended
        rental.ended = []
        for id in ended {
            guard let view = rental.path.order(id, at: clock.now()), view.endedAt != nil,
                try records.outcome(of: id) == nil
            else { continue }
            try records.insertOutcome(
                of: id, document: try Self.json(try body(of: view, records)))
            dropFiles(of: id)
        }
    }

    /// The runs of an order, oldest first.
    func runs(of view: OrderView) -> [LeaseView] {
        view.leases.compactMap { rental.path.lease($0, at: clock.now()) }
    }

    /// A customer's work has its place, and its node is not known to keep it apart yet.
    private func explainStart(of order: Order, _ body: inout OrderBody) {
        guard !order.isInternal, let pool = rental.path.pool(order.pool)?.declaration,
            let isolation = rental.clusters[pool.cluster]?.cluster.isolation, !isolation.isKnown
        else { return }
        let nodes = body.runs.last?.nodes.map(\.text).joined(separator: ", ") ?? "its node"
        body.reason = "\(nodes) is being checked: \(isolation.sentence)"
        body.next =
            "it starts within \(ClusterDriver.longestRetry.components.seconds) seconds of "
            + "the end of that"
    }

    func body(of view: OrderView, _ records: any RecordReader) throws -> OrderBody {
        var body = OrderBody(view.order)
        let leases = runs(of: view)
        let stretches = Dictionary(
            grouping: try records.computeCharges(of: view.order.id).map(\.stretch), by: \.lease)
        body.runs = leases.map { RunBody($0, stretches[$0.grant.lease] ?? []) }
        body.state = OrderState(view, leases)
        if view.order.limit != nil, let now = leases.last?.price {
            body.pricePerAcceleratorHour = now.perAcceleratorHour
        }
        body.reason = view.reason
        body.next = view.nextEvent
        body.expectedStart = view.expectedStart
        if body.state == .starting, body.reason == nil { explainStart(of: view.order, &body) }
        body.startedAt = leases.compactMap(\.startedAt).min()
        body.endedAt = view.endedAt
        body.charged = view.cost
        body.credited = view.credited
        body.notice = leases.lazy.compactMap(\.notice).first.map(NoticeBody.init)
        body.held = leases.reduce(.zero) { sum, lease in
            sum + book.balance(.hold(lease.grant.lease, lease.organization))
        }
        let time = zip(leases, body.runs).reduce(AcceleratorTime.zero) { sum, run in
            sum + AcceleratorTime(run.0.grant.accelerators, seconds: run.1.billedSeconds)
        }
        body.billedSeconds = AcceleratorCount(Accelerators(thousandths: time.thousandthSeconds))
        if let end = view.copies.lazy.compactMap(\.end).first(where: { $0.outcome != .finished }) {
            body.reason = body.reason ?? end.text
        }
        if view.endedAt != nil, case .job = view.order.content {
            let codes = leases.compactMap(\.exitCode)
            body.exitCode = codes.first { $0 != 0 } ?? codes.last
        }
        return body
    }
}

extension LeaseView {
    var exitCode: Int32? {
        if case .exited(let code)? = cause { code } else { nil }
    }
}

extension OrderState {
    init(_ view: OrderView, _ leases: [LeaseView]) {
        switch view.state {
        case .refused: self = .failed
        case .queued: self = .waiting
        case .booked: self = .waiting
        case .starting: self = .starting
        case .running:
            let isEnding = leases.contains { $0.phase == .stopping }
            self = isEnding && !leases.contains { $0.phase == .running } ? .ending : .running
        case .ended:
            let outcomes = view.copies.compactMap { $0.end?.outcome }
            if case .job = view.order.content {
                if outcomes.allSatisfy({ $0 == .finished }) {
                    self = .succeeded
                } else {
                    self = outcomes.contains(.cancelled) ? .cancelled : .failed
                }
            } else {
                self = .ended
            }
        }
    }
}

extension RunBody {
    init(_ lease: LeaseView, _ stretches: [ComputeStretch]) {
        let unbilled = stretches.filter { $0.unbilledReason != nil }
        let unbilledSeconds = unbilled.reduce(0) { $0 + $1.seconds }
        let known = stretches.reduce(0) { $0 + $1.seconds }
        let billed =
            lease.phase == .ended
            ? known - unbilledSeconds
            : max(known, min(lease.seconds, lease.heldSeconds)) - unbilledSeconds
        let state: OrderState =
            switch lease.phase {
            case .awaitingMoney, .booked: .waiting
            case .starting: .starting
            case .running: .running
            case .stopping: .ending
            case .ended:
                switch lease.outcome {
                case .finished: .succeeded
                case .cancelled: .cancelled
                case .windowEnded: .ended
                default: .failed
                }
            }
        self.init(
            lease: lease.grant.lease, index: lease.grant.index, attempt: lease.grant.attempt,
            state: state, nodes: lease.grant.shares.map(\.node), startedAt: lease.startedAt,
            endedAt: lease.endedAt, exitCode: lease.exitCode,
            cause: lease.cause.map(\.words), billedSeconds: lease.within == nil ? billed : 0,
            unbilledSeconds: unbilledSeconds, unbilledReason: unbilled.last?.unbilledReason,
            charged: lease.cost, credited: lease.credited)
    }
}

extension LeaseEnd.Cause {
    /// For whoever reads how a run ended.
    var words: String {
        switch self {
        case .exited(0): "ended by itself"
        case .exited(let code): "exited with code \(code)"
        case .signalled(let signal): "was killed by signal \(signal)"
        case .stopped: "was stopped"
        case .timeLimit: "reached its maximum run time"
        case .outOfMemory: "used more memory than its share of the node"
        case .nodeFailed(let node): node.map { "its node \($0) failed" } ?? "its cluster lost it"
        case .startFailed(let reason): "could not be started: \(reason)"
        }
    }
}
