import Fleet
import Link
import Logging
import NIOCore
import Pricing
import RequestPath
import Synchronization
import Vocabulary
import Wire

/// Requests that go out to a supplier when replicas of ours have no room, and come back from one
/// that fails.
extension ClientConnection {
    /// Whether the request has found its way: a place with a replica of ours, a supplier, or a wait
    /// for what may be spent there. Otherwise it queues here as any other.
    func goesOut(_ exchange: Exchange, _ model: ModelEntry) -> Bool {
        guard !exchange.staysHome, let priced = exchange.priced, let demand = exchange.demand,
            let hold = exchange.hold
        else { return false }
        let (place, waiting, isReady) = model.pool.takeFreePlace()
        if let place {
            placeGranted(place)
            return true
        }
        let now = loop.now
        let date = loop.clock.now()
        for entry in model.supplies where !isReady || waiting >= entry.offer.queue {
            let ceiling = entry.cost.ceiling(
                promptTokens: demand.promptTokens, generatedTokens: hold.generatedLimit)
            let decision = entry.owner.state.withLock {
                $0.take(
                    price: priced.rate, cost: entry.cost, ceiling: ceiling, at: now, on: date)
            }
            switch decision {
            case .taken(let hold):
                exchange.supply = SupplyUse(entry: entry, hold: hold)
                exchange.openedAt = date
                loop.meters.wentOut += 1
                placeGranted(entry.offer.replica)
                return true
            case .borrow(let shortages):
                exchange.awaitsSupplier = true
                deadline = now + loop.waits.moneyWait
                loop.borrow(shortages, entry.owner, for: ticket)
                return true
            case .refused(let reason):
                exchange.supplyRefusal = (entry.owner.supplier, reason)
            }
        }
        if exchange.supplyRefusal != nil { loop.meters.stayedHome += 1 }
        return false
    }

    /// Why nobody takes the request: where a supplier could have, its cap with the sum for a team
    /// of ours. What things cost us is no business of a customer's.
    func refusal(of exchange: Exchange, or failure: Failure) -> Failure {
        guard let (supplier, reason) = exchange.supplyRefusal else { return failure }
        let isOutsideAlone = exchange.model?.deployment.supplier != nil
        let sentence = reason.sentence(about: supplier)
        loop.logger.notice(
            "a request did not go out",
            metadata: ["request": "\(exchange.requestText)", "reason": "\(sentence)"])
        if exchange.key.isInternal {
            let first = isOutsideAlone ? "" : failure.message + " "
            return Failure(
                .unavailable, first + "It did not go out: \(sentence).",
                retry: .after(.seconds(5)))
        }
        guard isOutsideAlone else { return failure }
        let name = exchange.scanned?.model ?? "The model"
        return Failure(
            .overloaded, "\(name) takes no more requests at present. Try again later.",
            retry: .after(.seconds(5)))
    }

    /// A stream that a supplier has begun to answer is written down before anything is handed on.
    func noteAnswer(_ exchange: Exchange) {
        guard exchange.supply != nil, let replica = exchange.replica else { return }
        noteOpened(exchange, at: replica)
    }

    /// A request whose supplier gave no answer waits for a replica of ours instead, once. Nothing
    /// of the try is on record, because nothing was used; false: it has to end.
    func comesBack(_ exchange: Exchange) -> Bool {
        guard let supply = exchange.supply else { return false }
        supply.entry.owner.state.withLock { $0.rest(at: loop.now) }
        guard exchange.model?.deployment.supplier == nil else { return false }
        loop.logger.warning(
            "a supplier gave no answer; the request stays here",
            metadata: [
                "request": "\(exchange.requestText)", "supplier": "\(supply.entry.owner.supplier)",
                "status": "\(exchange.status)",
            ])
        endSupply(of: exchange, supply, counts: .zero)
        exchange.replica = nil
        exchange.wasSent = false
        exchange.hasRetried = false
        exchange.status = 0
        exchange.isEventStream = false
        exchange.answer = ByteBuffer()
        exchange.staysHome = true
        phase = .waiting
        findPlace(exchange)
        return true
    }

    func endSupply(of exchange: Exchange, _ supply: SupplyUse, counts: TokenCounts) {
        exchange.supply = nil
        let cost = supply.entry.cost.charge(for: counts)
        supply.entry.owner.state.withLock { $0.end(supply.hold, cost: cost) }
    }
}
