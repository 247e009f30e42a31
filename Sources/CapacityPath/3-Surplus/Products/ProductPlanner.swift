import Vocabulary

/// Moves a pool's surplus between tokens and raw compute to where the next hour earns more.
///
/// A value: one minute's sample in, one decision out; no clock, no randomness, nothing but the
/// past. Each deployment and each class of compute is a line of accelerators, whose next one is
/// worth what it would bring in the next hour: how busy it would be, by what was asked for lately
/// and how hours have gone on from there (``DemandOutlook``), times what a busy hour brings above
/// what it costs. Accelerators go to the best line one after the other until there are none.
///
/// Moving costs: what a replica would earn in the minutes that it loads, what a lease's notice
/// wastes. A line's present accelerators are worth that much more, others so much less, so a small
/// advantage moves nothing; and a replica that was ordered stays for the minimum stay at least.
/// Leases that cannot be taken back, and the deployments' minimums, come before everything.
package struct ProductPlanner: Hashable, Codable, Sendable {
    /// Minutes that a replica stays, from its order on.
    package let minimumStay: Int64
    private var outlooks: [String: DemandOutlook] = [:]
    private var computeOutlooks: [PurchaseClass: DemandOutlook] = [:]

    package static let hour = 60

    package init(minimumStay: Int64 = 15) {
        self.minimumStay = minimumStay
    }

    /// - Parameter minute: minutes since any epoch; steps of one.
    package mutating func decide(_ sample: ProductSample, at minute: Int64) -> ProductDecision {
        for part in sample.deployments {
            outlooks[part.terms.model, default: DemandOutlook()].observe(part.demand)
        }
        for part in sample.compute {
            computeOutlooks[part.purchaseClass, default: DemandOutlook()]
                .observe((part.held + part.waiting) * 1000)
        }
        let known = Set(sample.deployments.map(\.terms.model))
        outlooks = outlooks.filter { known.contains($0.key) }
        var lines = sample.deployments.map { line($0, sample: sample, minute: minute) }
        lines += sample.compute.map { line($0, sample: sample) }
        let idle = Self.share(out: sample.surplus, among: &lines)
        return decision(sample, lines: lines, idle: idle, minute: minute)
    }

    /// Minutes have passed in which a deployment had no replica and nobody asked for it.
    package mutating func rest(_ model: String, minutes: Int) {
        for _ in 0..<min(max(0, minutes), Self.hour) { outlooks[model]?.observe(0) }
    }

    /// Replicas that have not been there for the minimum stay.
    private func staying(_ part: ReplicaSample, at minute: Int64) -> Int {
        let stay = part.terms.minimumStay ?? minimumStay
        return part.orderedAt.count { minute - $0 < stay }
    }

    /// The outlook on a deployment's tokens; nil before its first sample.
    package func outlook(on model: String) -> DemandOutlook? { outlooks[model] }
}

/// A product that accelerators can be given to.
private struct ProductLine {
    enum Product: Hashable {
        case replicas(String)
        case compute(PurchaseClass)

        var words: String {
            switch self {
            case .replicas(let model): "replicas of \(model)"
            case .compute(let purchaseClass): "compute (\(purchaseClass.rawValue))"
            }
        }
    }

    let product: Product
    /// How busy its first, second and so on would be in the next hour, in thousandths.
    let busyShares: [Int]
    /// Accelerators of one unit.
    let size: Int
    /// Units that it has already.
    let present: Int
    /// It gets these before all others.
    let least: Int
    let most: Int
    /// Of a unit that is busy for an hour, above what that costs.
    let worth: Money
    /// Minutes that a unit which is there need not lose again, and those that a new one loses.
    let keepMinutes: Int
    let startMinutes: Int
    /// What a new unit costs before it earns.
    let startCost: Money

    var units = 0
    var bound = ProductBound.demand

    func busyShare(ofUnit number: Int) -> Int {
        busyShares.indices.contains(number - 1) ? busyShares[number - 1] : 0
    }

    /// What the next unit would bring in the next hour, of all its accelerators.
    func nextWorth() -> Money {
        let number = units + 1
        let busy = busyShare(ofUnit: number)
        let hour = ProductPlanner.hour
        let minutes =
            number <= present ? hour + keepMinutes : max(0, hour - startMinutes)
        let earned = Money(
            units: worth.units * Int128(busy) * Int128(minutes) / Int128(1000 * hour))
        return number <= present ? earned : earned - startCost
    }
}

extension ProductPlanner {
    private func line(
        _ part: ReplicaSample, sample: ProductSample, minute: Int64
    ) -> ProductLine {
        let terms = part.terms
        let outlook = outlooks[terms.model] ?? DemandOutlook()
        let staying = staying(part, at: minute)
        // One that may go to nought keeps its last replica until it has been idle long enough, and
        // comes back for the first request.
        let isIdle = outlook.idleMinutes >= terms.idleToZero
        let isAwake = !isIdle && (outlook.wasAsked || !part.orderedAt.isEmpty)
        let floor = max(terms.minimum, isAwake ? 1 : 0)
        let most = isIdle ? max(terms.minimum, staying) : terms.maximum
        let cost = sample.avoidableCost * Int64(terms.accelerators)
        return ProductLine(
            product: .replicas(terms.model),
            busyShares: outlook.busyShares(ofFirst: sample.surplus / terms.accelerators + 1),
            size: terms.accelerators,
            present: part.orderedAt.count,
            least: min(terms.maximum, max(floor, staying)), most: min(terms.maximum, most),
            worth: part.worthPerHour - cost,
            keepMinutes: terms.loadMinutes + terms.drainMinutes, startMinutes: terms.loadMinutes,
            startCost: Money(units: cost.units * Int128(terms.loadMinutes) / Int128(Self.hour)))
    }

    private func line(_ part: ComputeSample, sample: ProductSample) -> ProductLine {
        ProductLine(
            product: .compute(part.purchaseClass),
            busyShares: (computeOutlooks[part.purchaseClass] ?? DemandOutlook())
                .busyShares(ofFirst: sample.surplus + 1), size: 1,
            present: part.held, least: part.notice == nil ? part.held : 0, most: .max,
            worth: part.price < part.floor ? .zero : part.price - sample.avoidableCost,
            keepMinutes: part.notice ?? 0, startMinutes: 1, startCost: .zero)
    }

    /// Gives each line its least, in their order, then one unit after the other to whoever makes
    /// most of its accelerators; who was there first wins a tie.
    private static func share(out surplus: Int, among lines: inout [ProductLine]) -> Int {
        var left = surplus
        let firm = lines.indices.filter { lines[$0].product.isCompute }
        for index in firm + lines.indices.filter({ !lines[$0].product.isCompute }) {
            let given = min(lines[index].least, max(0, left) / lines[index].size)
            lines[index].units = given
            left -= given * lines[index].size
            if given < lines[index].least { lines[index].bound = .noCapacity }
        }
        var worths = lines.map { $0.nextWorth() }
        while true {
            var best: Int?
            for index in lines.indices where worths[index] > .zero {
                guard lines[index].units < lines[index].most, lines[index].size <= left else {
                    continue
                }
                if let other = best,
                    worths[other] * Int64(lines[index].size)
                        >= worths[index] * Int64(lines[other].size)
                {
                    continue
                }
                best = index
            }
            guard let best else { break }
            lines[best].units += 1
            left -= lines[best].size
            worths[best] = lines[best].nextWorth()
        }
        explain(&lines, worths: worths, left: left)
        return max(0, left)
    }

    /// Why each line got no more.
    private static func explain(_ lines: inout [ProductLine], worths: [Money], left: Int) {
        for index in lines.indices where lines[index].bound == .demand {
            if lines[index].units >= lines[index].most {
                lines[index].bound = .maximum
            } else if lines[index].worth <= .zero {
                lines[index].bound = .underCost
            } else if worths[index] > .zero, lines[index].size > left {
                lines[index].bound = .noCapacity
                // Whoever would have to give way for it brings more.
                let others = lines.filter { $0.product != lines[index].product && $0.units > 0 }
                if let other = others.map({ ($0.product.words, $0.lastWorth(ofEach: 1)) })
                    .min(by: { $0.1 < $1.1 })
                {
                    lines[index].bound = .worthLess(than: other.0, other.1)
                }
            }
        }
    }

    private func decision(
        _ sample: ProductSample, lines: [ProductLine], idle: Int, minute: Int64
    ) -> ProductDecision {
        var deployments: [ReplicaDecision] = []
        var compute: [ComputeDecision] = []
        for (part, line) in zip(sample.deployments, lines) {
            deployments.append(
                ReplicaDecision(
                    model: part.terms.model, wanted: line.units, present: line.present,
                    staying: staying(part, at: minute),
                    level: outlooks[part.terms.model]?.level ?? 0,
                    lastBusy: line.units > 0 ? line.busyShare(ofUnit: line.units) : 0,
                    lastWorth: line.units > 0 ? line.lastWorth(ofEach: line.size) : .zero,
                    bound: line.bound))
        }
        for (part, line) in zip(sample.compute, lines.dropFirst(deployments.count)) {
            compute.append(
                ComputeDecision(
                    purchaseClass: part.purchaseClass, accelerators: line.units, held: part.held,
                    waiting: part.waiting, bound: line.bound))
        }
        return ProductDecision(
            minute: minute, surplus: sample.surplus, idle: idle, deployments: deployments,
            compute: compute)
    }
}

extension ProductLine {
    /// What its last unit brings in the next hour, of so many of its accelerators.
    func lastWorth(ofEach accelerators: Int) -> Money {
        let busy = busyShare(ofUnit: units)
        return Money(
            units: worth.units * Int128(busy) * Int128(accelerators) / Int128(1000 * size))
    }
}

extension ProductLine.Product {
    var isCompute: Bool {
        if case .compute = self { true } else { false }
    }
}
