import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// A lease whose price moves is charged what each second costs, exactly, out of what is held.
@Suite struct PriceMovesTests {
    @Test(arguments: 0..<300)
    func `charges sum to the price of each second`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = Money.cents(300)
        let first = Money(
            units: Int128(Int64.random(in: 1...299, using: &random)) * 10_000_000_000_000_003)
        var meter = LeaseMeter(
            lease: LeaseID(high: 1, low: seed), order: .job(JobID(high: 1, low: 1)),
            accelerators: Accelerators(
                thousandths: Int64.random(in: 1...16, using: &random) * 250),
            price: CapacityPrice(perAcceleratorHour: first, version: 1, entry: "h100"),
            limit: limit)
        var now = Instant.noon
        var moves: [(at: Instant, price: Money)] = [(now, first)]
        var held = Money.zero
        var charges: [LeaseCharge] = []
        func moveOrNot(_ chance: Int) {
            guard Int.random(in: 0..<10, using: &random) < chance else { return }
            let price = Money.cents(Int64.random(in: 1...400, using: &random))
            meter.move(to: price, at: now, reach: 300)
            moves.append((now, min(price, limit)))
        }
        held += meter.ask(seconds: 180)
        meter.grant()
        now = now + .milliseconds(Int64.random(in: 0...3000, using: &random))
        moveOrNot(3)
        let start = now
        meter.start(at: start)
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            now = now + .milliseconds(Int64.random(in: 1...60_000, using: &random))
            moveOrNot(7)
            let passed = meter.seconds(until: now)
            held += meter.ask(seconds: max(meter.heldSeconds, passed + 180))
            meter.grant()
            charges += meter.stretches(to: max(meter.throughSecond, passed - 30))
            #expect(meter.charged <= held)
        }
        let end = meter.seconds(until: now)
        charges += meter.settle(end: end, billedTo: end, reason: .ourFailure)
        #expect(meter.charged <= held)

        var sum: Int128 = 0
        for second in 0..<end {
            let price = moves.last {
                max(0, ($0.at.microseconds - start.microseconds + 500_000) / 1_000_000) <= second
            }?.price
            sum += (price ?? first).units * Int128(meter.accelerators.thousandths)
        }
        #expect(meter.charged.units == (sum + 1_800_000) / 3_600_000)
        #expect(charges.reduce(Money.zero) { $0 + $1.amount } == meter.charged)
        var second: Int64 = 0
        for (index, charge) in charges.enumerated() {
            #expect(charge.fromSecond == second && charge.sequence == index + 1)
            #expect(charge.price.perAcceleratorHour <= limit)
            second = charge.toSecond
        }
        #expect(second == end)
        // What is given back for the last minute is what it was charged.
        let last = charges.filter { $0.fromSecond >= max(0, end - 60) }
        if let from = last.first?.fromSecond {
            let back = last.reduce(Money.zero) { $0 + $1.amount }
            #expect(meter.charged(after: from) == back)
        }
    }

    @Test func `a fixed price is held and charged as ever`() {
        let hourly = Money.cents(246)
        var meter = LeaseMeter(
            lease: LeaseID(high: 1, low: 1), order: .job(JobID(high: 1, low: 1)),
            accelerators: .whole(8),
            price: CapacityPrice(perAcceleratorHour: hourly, version: 1, entry: "h100"))
        let first = meter.ask(seconds: 180)
        meter.grant()
        meter.start(at: .noon)
        #expect(meter.stretches(to: 60).map(\.toSecond) == [60])
        let next = meter.ask(seconds: 240)
        let whole = AcceleratorTime(.whole(8), seconds: 240).amount(pricePerHour: hourly)
        #expect(first + next == whole)
    }
}
