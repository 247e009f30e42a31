import Metering
import Pricing
import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct StreamAndSettlementTests {
    private static func frame(
        _ choice: Int = 0, content: Bool = true, generated: Int64? = nil, prompt: Int64? = nil
    ) -> StreamMeter.Frame {
        StreamMeter.Frame(
            choice: choice, hasContent: content, generated: generated, promptProcessed: prompt,
            promptCached: prompt.map { _ in 0 })
    }

    @Test func `the first delivered token makes a checkpoint, then every 256th and every second`() {
        var meter = StreamMeter()
        var taken = [meter.takeCheckpoint(at: 0)]
        meter.deliver(Self.frame(generated: 1, prompt: 7))
        taken.append(meter.takeCheckpoint(at: 0))
        taken.append(meter.takeCheckpoint(at: 0))
        meter.deliver(Self.frame(generated: 256))
        taken.append(meter.takeCheckpoint(at: 999_999_999))
        taken.append(meter.takeCheckpoint(at: 1_000_000_000))
        meter.deliver(Self.frame(generated: 512))
        taken.append(meter.takeCheckpoint(at: 1_000_000_000))
        #expect(taken.map { $0?.output } == [nil, 1, nil, nil, 256, 512])
        #expect(taken[1]?.input == 7)
    }

    @Test func `choices are counted apart, and the final usage replaces what was counted`() {
        var meter = StreamMeter()
        meter.deliver(Self.frame(0, generated: 5))
        meter.deliver(Self.frame(1))
        meter.deliver(Self.frame(1, content: false))
        #expect(meter.wouldAdd(Self.frame(1)) == 1)
        #expect(meter.generated == 6)
        meter.deliver(Self.frame(0, generated: 3))
        #expect(meter.generated == 6, "a count never goes back")
        meter.finish(TokenCounts(input: 9, output: 4))
        #expect(meter.delivered == TokenCounts(input: 9, output: 4))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `never more is billed than the limit, and no token is lost`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for outcome in Outcome.allCases {
            var known = TokenCounts.zero
            for tokenClass in TokenClass.allCases {
                known[tokenClass] = Int64.random(in: 0...100_000, using: &random)
            }
            let limit = Money(
                units: Int128.random(in: 0...1_000_000_000_000_000_000, using: &random))
            let delivered = Bool.random(using: &random)
            let result = Settlement.settle(
                outcome: outcome, known: known, wasDelivered: delivered, rate: Samples.rate,
                chargeLimit: limit)
            #expect(result.amount <= limit)
            #expect(result.amount == Samples.rate.charge(for: result.billed))
            #expect(result.billed + result.unbilled == known)
            #expect((result.unbilled == .zero) == (result.reason == nil))
            if !delivered { #expect(result.billed == .zero) }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `what nobody reported is laid on the aborted requests, whole`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var reconciliation = CounterReconciliation()
        var counters = CounterReconciliation.Counters(prompt: 100, generated: 100)
        reconciliation.begin(counters)
        let aborted = Int.random(in: 1...5, using: &random)
        for number in 0..<aborted {
            reconciliation.ended(
                RequestID(high: 1, low: UInt64(number)), counts: TokenCounts(input: 2, output: 3),
                wasAborted: true)
        }
        #expect(reconciliation.isDue)
        let prompt = Int64.random(in: 0...100, using: &random)
        let generated = Int64.random(in: 0...100, using: &random)
        counters.prompt += 2 * Int64(aborted) + prompt
        counters.generated += 3 * Int64(aborted) + generated
        let found = reconciliation.reconcile(counters)
        #expect(found.reduce(0) { $0 + $1.1.input } == prompt)
        #expect(found.reduce(0) { $0 + $1.1.output } == generated)
        #expect(!reconciliation.isDue)
        let again = reconciliation.reconcile(counters)
        #expect(again.isEmpty)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `of rounded counters only what is certain is taken`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        typealias Counters = CounterReconciliation.Counters
        func printed(_ exact: Counters) -> Counters {
            func rounded(_ value: Int64) -> Int64 { (value + 50) / 100 * 100 }
            return Counters(
                prompt: rounded(exact.prompt), generated: rounded(exact.generated),
                promptDoubt: 50, generatedDoubt: 50)
        }
        var reconciliation = CounterReconciliation()
        var exact = Counters(prompt: 12_345_678, generated: 22_345_678)
        reconciliation.begin(printed(exact))
        var abandoned = TokenCounts.zero
        var found = TokenCounts.zero
        for number in 0..<50 as Range<UInt64> {
            let extra = Int64.random(in: 0...64, using: &random)
            abandoned.output += extra
            exact.prompt += 7
            exact.generated += 3 + extra
            reconciliation.ended(
                RequestID(high: 1, low: number), counts: TokenCounts(input: 7, output: 3),
                wasAborted: true)
            for (_, counts) in reconciliation.reconcile(printed(exact)) { found += counts }
            #expect(found.input == 0)
            #expect((abandoned.output - 200...abandoned.output).contains(found.output))
        }
    }

    @Test func `an engine that was started again begins anew`() {
        var reconciliation = CounterReconciliation()
        reconciliation.begin(CounterReconciliation.Counters(prompt: 100, generated: 100))
        reconciliation.ended(RequestID(high: 1, low: 1), counts: .zero, wasAborted: true)
        let found = reconciliation.reconcile(
            CounterReconciliation.Counters(prompt: 5, generated: 5))
        #expect(found.isEmpty)
        #expect(!reconciliation.isDue)
    }
}
