import CapacityPath
import Fleet
import Logging
import Records
import Vocabulary

/// What customers wanted and were refused because there was too little: demand that more capacity
/// would serve, for the fleet's economics.
extension ControlService {
    /// Puts a refused order on record, if it was for want of capacity and there was money for it.
    /// Who asks again and again wants one thing: see ``Order/demand``.
    func recordIfTooLittle(for order: Order) {
        guard !order.isInternal, order.within == nil,
            rental.path.isTooLittle(for: order, at: clock.now()),
            let priced = try? priced(order), let cost = priced.leastCost,
            (try? requireMoney(cost, for: priced)) != nil
        else { return }
        do {
            try transact { records in
                guard try !records.isRefused(priced.demand) else { return }
                try records.insertRefused(priced, as: priced.demand)
            }
        } catch {
            // The customer's answer is the refusal, whatever becomes of our statistics.
            logger.warning("a refused order was not put on record", metadata: ["error": "\(error)"])
        }
    }
}

extension Order {
    /// What tells one customer's wish from another: the same again on the same day is the same.
    var demand: String {
        let day = UseDay.number(of: wanted.from)
        return "\(project)/\(pool)/\(purchaseClass.rawValue)/\(shape.nodes)x"
            + "\(shape.acceleratorsPerNode.thousandths)/\(day)"
    }

    /// When it would have had what it asked for, half-open: a reservation in its window, a job from
    /// now on as long as it may run at most, and an hour where nobody knows.
    var wanted: (from: Instant, to: Instant) {
        if let window { return (max(window.from, placedAt), window.to) }
        return (placedAt, placedAt + .seconds(maximumRunTime ?? 3600))
    }

    /// What it would have had to hold: a reservation all of it, the others a minute.
    fileprivate var leastCost: Money? {
        let (from, to) = wanted
        let seconds = window == nil ? 60 : (to - from).components.seconds
        guard seconds > 0 else { return nil }
        return AcceleratorTime(shape.accelerators, seconds: seconds)
            .amount(pricePerHour: price.perAcceleratorHour)
    }
}
