import Fleet
import RequestPath
import Testing
import Vocabulary

@Suite struct IdlePlaceTests {
    private static let quiet: Int64 = 250_000_000
    private static let idle: Int64 = 2_000_000_000

    private static func queue(slots: Int, _ engine: EngineKind) -> ReplicaQueue<Int> {
        var queue = ReplicaQueue<Int>(model: "m", maximumLength: 4)
        var replica = Samples.replica(1, slots: slots)
        replica.engine = engine
        _ = queue.update([replica])
        return queue
    }

    @Test func `a batch takes all places but one of an engine that nobody uses`() {
        var queue = Self.queue(slots: 3, .llamaCpp)
        let first = queue.takeIdle(at: 0)
        let second = queue.takeIdle(at: 0)
        let third = queue.takeIdle(at: 0)
        #expect(first != nil && second != nil && third == nil)
        #expect(queue.inFlight(on: Samples.replica(1).replica) == 2)
        // Interactive requests find their places free all the same.
        let place = queue.takeFreePlace()
        #expect(place != nil)
        #expect(queue.mustYield(Samples.replica(1).replica))
    }

    @Test func `it begins again when the engine has been quiet for a while`() {
        var queue = Self.queue(slots: 2, .llamaCpp)
        let replica = Samples.replica(1).replica
        _ = queue.takeFreePlace()
        let busy = queue.takeIdle(at: 10)
        #expect(busy == nil)
        _ = queue.release(replica)
        // It was seen to be busy at 10.
        let early = queue.takeIdle(at: 10 + Self.quiet - 1)
        #expect(early == nil)
        let after = queue.takeIdle(at: 10 + Self.quiet)
        #expect(after != nil)
        queue.releaseIdle(replica)
        // What came and went between two looks counts as well.
        _ = queue.takeFreePlace()
        _ = queue.release(replica)
        let seen = queue.takeIdle(at: 10 + 3 * Self.quiet)
        let again = queue.takeIdle(at: 10 + 4 * Self.quiet)
        #expect(seen == nil && again != nil)
    }

    @Test func `soon after an interactive request one line runs, later several`() {
        var queue = Self.queue(slots: 4, .llamaCpp)
        let replica = Samples.replica(1).replica
        _ = queue.takeFreePlace()
        _ = queue.release(replica)
        _ = queue.takeIdle(at: 0)
        let first = queue.takeIdle(at: Self.quiet)
        let second = queue.takeIdle(at: Self.idle - 1)
        #expect(first != nil && second == nil)
        let later = (0..<3).map { _ in queue.takeIdle(at: Self.idle) != nil }
        #expect(later == [true, true, false])
    }

    @Test func `an engine with room to spare is shared until half of it is taken`() {
        var queue = Self.queue(slots: 4, .vLLM)
        let replica = Samples.replica(1).replica
        _ = queue.takeFreePlace()
        let line = queue.takeIdle(at: 0)
        #expect(line != nil)
        _ = queue.takeFreePlace()
        #expect(!queue.mustYield(replica))
        let another = queue.takeIdle(at: 0)
        let full = queue.takeIdle(at: 0)
        #expect(another != nil && full == nil)
        _ = queue.takeFreePlace()
        #expect(queue.mustYield(replica))
    }

    @Test func `a replica that goes is left, and none is taken while somebody waits`() {
        var queue = Self.queue(slots: 1, .llamaCpp)
        let replica = Samples.replica(1).replica
        _ = queue.takeIdle(at: 0)
        #expect(!queue.mustYield(replica))
        _ = queue.update([Samples.replica(1, state: .draining)])
        #expect(queue.mustYield(replica))
        _ = queue.update([])
        #expect(queue.mustYield(replica))
        queue.releaseIdle(replica)
        #expect(queue.load.isEmpty)
        var waited = Self.queue(slots: 1, .vLLM)
        _ = waited.takeFreePlace()
        _ = waited.request(1, deadline: 9)
        let none = waited.takeIdle(at: 0)
        #expect(none == nil)
    }
}
