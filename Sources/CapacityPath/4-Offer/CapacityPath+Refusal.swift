package import Fleet
package import Vocabulary

extension CapacityPath {
    /// Why an order can never be carried out as it stands, with what to do; nil where it can.
    func refusal(of order: Order) -> Failure? {
        guard let pool = pools[order.pool] else {
            let names = poolNames.map(\.text).joined(separator: ", ")
            return Failure(
                .notFound, "There is no pool '\(order.pool)'. There are: \(names).",
                parameter: "pool")
        }
        return shapeRefusal(order, in: pool.declaration) ?? classRefusal(order, in: pool)
            ?? sizeRefusal(order, in: pool)
    }

    /// Whether an order that asks rightly is refused because its pool has too little: more than it
    /// will ever sell, or than it has left for a reservation's window.
    package func isTooLittle(for order: Order, at instant: Instant) -> Bool {
        var path = self
        path.now = max(now, instant)
        guard let pool = pools[order.pool], shapeRefusal(order, in: pool.declaration) == nil,
            path.classRefusal(order, in: pool) == nil
        else { return false }
        if sizeRefusal(order, in: pool) != nil { return true }
        guard let window = order.window,
            case .failure = path.booking(for: order, from: window.from, to: window.to)
        else { return false }
        return true
    }

    private func shapeRefusal(_ order: Order, in pool: PoolDeclaration) -> Failure? {
        let shape = order.shape
        guard shape.nodes > 0 else {
            return Failure(.invalidRequest, "Ask for at least 1 node.", parameter: "nodes")
        }
        let asked = shape.acceleratorsPerNode.thousandths
        guard asked > 0, asked % 1000 == 0 || asked < 1000 else {
            return Failure(
                .invalidRequest,
                "Ask for whole accelerators per node, or for a share of one, not for "
                    + "\(shape.acceleratorsPerNode.words).", parameter: "accelerators")
        }
        if asked < 1000, !pool.fractional {
            return Failure(
                .invalidRequest,
                "Pool '\(pool.name)' does not share accelerators: ask for whole ones.",
                parameter: "accelerators")
        }
        let need = NodeNeed(shape, on: pool.shape)
        let empty = NodeOccupancy(pool.shape)
        guard need.cpuThousandths >= 0, need.memoryMiB >= 0, empty.fits(need) else {
            return Failure(
                .invalidRequest,
                "A node of pool '\(pool.name)' has \(pool.shape.accelerators) accelerators, "
                    + "\(pool.shape.cpuThousandths / 1000) CPUs and \(pool.shape.memoryMiB) MiB: "
                    + "ask for less per node, or for more nodes.", parameter: "accelerators")
        }
        return nil
    }

    private func classRefusal(_ order: Order, in pool: PoolRecord) -> Failure? {
        if let window = order.window {
            return windowRefusal(order, from: window.from, to: window.to, in: pool.declaration)
        }
        if let within = order.within { return withinRefusal(order, within) }
        guard order.purchaseClass != .reserved else {
            return Failure(
                .invalidRequest,
                "Work is reserved by running within a reservation: name one, or choose on_demand "
                    + "or spot.", parameter: "class")
        }
        if case .job(let job) = order.content {
            guard job.maximumRunTime > 0 else {
                return Failure(
                    .invalidRequest, "Give the job at least 1 second to run.",
                    parameter: "maximum_run_time")
            }
            guard (1...CapacityLimits.arraySize).contains(job.arraySize) else {
                return Failure(
                    .invalidRequest, "An array has 1 to \(CapacityLimits.arraySize) copies.",
                    parameter: "array")
            }
        }
        return nil
    }

    private func windowRefusal(
        _ order: Order, from: Instant, to: Instant, in pool: PoolDeclaration
    ) -> Failure? {
        guard order.purchaseClass == .reserved, order.within == nil else {
            return Failure(
                .invalidRequest, "A reservation is of class reserved.", parameter: "class")
        }
        guard from < to, to > now else {
            return Failure(
                .invalidRequest, "A reservation ends after it begins, and in the future.",
                parameter: "to")
        }
        guard order.shape.acceleratorsPerNode == .whole(pool.shape.accelerators) else {
            return Failure(
                .invalidRequest,
                "A reservation is of whole nodes: in pool '\(pool.name)' of "
                    + "\(pool.shape.accelerators) accelerators each.", parameter: "accelerators")
        }
        return nil
    }

    private func withinRefusal(_ order: Order, _ within: ReservationID) -> Failure? {
        guard let holder = reservationLease(within), holder.organization == order.organization,
            holder.isLive
        else {
            return Failure(
                .notFound, "There is no reservation '\(within)' of yours to run in.",
                parameter: "within")
        }
        guard holder.grant.pool == order.pool else {
            return Failure(
                .invalidRequest, "Reservation '\(within)' is in pool '\(holder.grant.pool)'.",
                parameter: "pool")
        }
        guard order.shape.nodes <= holder.nodes.count else {
            return Failure(
                .invalidRequest,
                "Reservation '\(within)' has \(holder.nodes.count) nodes: ask for no more.",
                parameter: "nodes")
        }
        return nil
    }

    /// Against all that the pool will ever have.
    private func sizeRefusal(_ order: Order, in pool: PoolRecord) -> Failure? {
        let shape = order.shape
        let standing = pool.nodes.filter { nodes[$0].state != .retired }
        let most =
            shape.oneBlock
            ? bestBlockCount(of: standing, oneBlock: true)
            : standing.count
        guard shape.nodes <= most else {
            return Failure(
                .invalidRequest,
                "Pool '\(pool.declaration.name)' has \(most) nodes"
                    + (shape.oneBlock ? " in one block" : "") + ": ask for no more.",
                parameter: "nodes")
        }
        guard !order.isInternal, order.within == nil,
            order.window != nil || order.purchaseClass == .onDemand
        else { return nil }
        let all = standing.reduce(Accelerators.zero) { $0 + nodes[$1].accelerators }
        let entitled = pool.declaration.entitlements.reduce(0) { $0 + $1.accelerators }
        guard shape.accelerators + .whole(entitled) <= all else {
            return Failure(
                .invalidRequest,
                "Pool '\(pool.declaration.name)' sells at most "
                    + "\(max(.zero, all - .whole(entitled)).words) accelerators firmly; the rest is "
                    + "kept for teams of ours. Ask for less, or for spot.",
                parameter: "accelerators")
        }
        return nil
    }

    func reservationLease(_ id: ReservationID) -> LeaseRecord? {
        leases[LeaseID(order: .reservation(id), index: 0, attempt: 1)]
    }
}

extension Accelerators {
    /// `4`, `0.25`.
    var words: String {
        let fraction = abs(thousandths % 1000)
        guard fraction > 0 else { return "\(thousandths / 1000)" }
        var digits = Substring(String(String(1000 + fraction).dropFirst()))
        while digits.last == "0" { digits.removeLast() }
        return "\(thousandths / 1000).\(digits)"
    }
}
