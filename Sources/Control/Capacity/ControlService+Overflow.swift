import CapacityPath
import Fleet
import Vocabulary

/// Orders that another pool may take than the one they name, because the owner says so.
extension ControlService {
    /// An order that could be taken, at its price, with what it would get.
    struct Offered {
        var order: Order
        var quote: Quote
    }

    /// The order where it is placed, at the price that holds there.
    ///
    /// - Throws: what speaks against it in the pool that it names, where no other takes it.
    func offered(
        _ order: Order, overflows: Bool?, viewer: CapacityViewer
    ) throws(Failure)
        -> Offered
    {
        let others = overflowPools(of: order, overflows: overflows)
        guard !others.isEmpty, let named = rental.path.pool(order.pool)?.declaration else {
            return try offered(order, viewer)
        }
        let now = clock.now()
        var found: [PoolName: Offered] = [:]
        var failure: Failure?
        var candidates: [PoolChoice.Candidate] = []
        for pool in [order.pool] + others {
            var tried = order
            tried.pool = pool
            if pool != order.pool { tried.askedPool = order.pool }
            var verdict: PoolChoice.Candidate.Verdict
            do throws(Failure) {
                let offer = try offered(tried, viewer)
                found[pool] = offer
                verdict =
                    switch offer.quote.start {
                    case .now: .starts(now)
                    case .waits(let wait): .starts(wait.expectedStart)
                    }
            } catch {
                if pool == order.pool { failure = error }
                verdict = .refused(error.message)
            }
            candidates.append(
                PoolChoice.Candidate(
                    pool: pool,
                    avoidable: rental.path.declaredInventory.cost(of: pool)?.avoidable,
                    price: found[pool]?.order.price.perAcceleratorHour ?? .zero,
                    verdict: verdict))
        }
        let chosen = PoolChoice.choose(
            candidates, named: order.pool, by: now + .seconds(named.startWithin ?? 0))
        if let offer = found[chosen] { return offer }
        throw failure
            ?? Failure(.internalError, "The pool \(order.pool) cannot be quoted. Try again.")
    }

    /// The order in the pool that it names.
    private func offered(_ order: Order, _ viewer: CapacityViewer) throws(Failure) -> Offered {
        let priced = try priced(order)
        try requireRoomForCustomers(priced)
        try requireBelowCap(priced)
        try requireVolumes(of: priced, viewer)
        return Offered(order: priced, quote: try rental.path.quote(priced, at: clock.now()))
    }

    /// Where else it may go: nowhere unless the owner has declared it and the order does not forbid
    /// it. A team of ours is charged what a pool costs, and so has to ask for it. A reservation,
    /// and what runs in one, is of the pool that it names; spot work follows its own pool's market.
    private func overflowPools(of order: Order, overflows: Bool?) -> [PoolName] {
        guard overflows ?? !order.isInternal, order.window == nil, order.within == nil,
            order.purchaseClass == .onDemand
        else { return [] }
        return rental.path.pool(order.pool)?.declaration.overflow ?? []
    }
}
