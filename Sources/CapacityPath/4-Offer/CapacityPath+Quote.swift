package import Fleet
package import Vocabulary

extension CapacityPath {
    /// What the order would get if it were placed at `instant`; throws what speaks against it, with
    /// what to do instead.
    package func quote(_ order: Order, at instant: Instant) throws(Failure) -> Quote {
        var path = self
        path.now = max(now, instant)
        if let refusal = path.refusal(of: order) { throw refusal }
        return try path.quoteNow(order)
    }

    private func quoteNow(_ order: Order) throws(Failure) -> Quote {
        let terms = terms(of: order.purchaseClass)
        let meter = LeaseMeter(
            lease: LeaseID(order: order.id, index: 0, attempt: 1), order: order.id,
            accelerators: order.shape.accelerators, price: price(of: order),
            limit: order.limit)
        var quote = Quote(
            price: meter.price, perHour: meter.cost(seconds: 3600), atMost: nil, firstHold: .zero,
            start: .now, terms: terms, nodes: [])
        if let window = order.window {
            let found = booking(for: order, from: window.from, to: window.to)
            switch found {
            case .failure(let failure): throw failure
            case .success(let nodes): quote.nodes = nodes.map { self.nodes[$0].name }
            }
            let from = max(window.from, now)
            let price = meter.cost(seconds: wholeSeconds(from: from, to: window.to))
            quote.atMost = price
            quote.firstHold = price
            if window.from > now {
                quote.start = .waits(
                    WaitReason(
                        "the window is free", next: "it begins \(from.minuteText(at: now))",
                        expectedStart: from))
            }
            return quote
        }
        if order.within == nil {
            quote.firstHold = meter.most(
                seconds: firstHoldSeconds(terms: terms, maximumRunTime: order.maximumRunTime))
            quote.atMost = order.maximumRunTime.map {
                meter.most(seconds: $0 + CapacityLimits.stop) * Int64(order.lengthOfArray)
            }
        } else {
            quote.atMost = .zero
        }
        quote.start = wait(of: order).map { .waits($0) } ?? .now
        return quote
    }

    /// What an order pays from its start: as it was agreed, or what the market says now.
    func price(of order: Order) -> CapacityPrice {
        guard let limit = order.limit, let market = pools[order.pool]?.market else {
            return order.price
        }
        var price = order.price
        price.perAcceleratorHour = min(market.price, limit)
        return price
    }

    /// Whole seconds, half up.
    func wholeSeconds(from: Instant, to: Instant) -> Int64 {
        max(0, (to.microseconds - from.microseconds + 500_000) / 1_000_000)
    }

    /// How many seconds must be paid for before work starts: so many that a notice can still be
    /// given in time when the money ends.
    func firstHoldSeconds(terms: ClassTerms, maximumRunTime: Int64?) -> Int64 {
        let seconds = terms.period + terms.moneyNotice
        return maximumRunTime.map { min(seconds, $0 + CapacityLimits.stop) } ?? seconds
    }
}
