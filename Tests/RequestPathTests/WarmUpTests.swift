import Fleet
import RequestPath
import Testing
import Vocabulary

/// Requests for a model without a ready replica. Times are nanoseconds.
@Suite struct WarmUpTests {
    private static let second: Int64 = 1_000_000_000

    private func warmUp(_ change: (inout WarmUpTerms) -> Void = { _ in }) -> WarmUp {
        var terms = WarmUpTerms(model: "m", waitSeconds: 30, expectedSeconds: 8)
        change(&terms)
        var warmUp = WarmUp()
        warmUp.terms = terms
        return warmUp
    }

    @Test func `a request waits as long as the owner and its client allow`() {
        var warmUp = warmUp()
        #expect(warmUp.wait(from: 5, limit: nil) == 5 + 30 * Self.second)
        #expect(warmUp.wait(from: 5, limit: 600) == 5 + 30 * Self.second)
        #expect(warmUp.wait(from: 5, limit: 2) == 5 + 2 * Self.second)
        #expect(warmUp.wait(from: 5, limit: 0) == 5)
    }

    @Test func `it is told how long the load should still take`() {
        var warmUp = warmUp()
        #expect(warmUp.remaining(at: 0) == 8)
        _ = warmUp.wait(from: 0, limit: nil)
        #expect(warmUp.remaining(at: 3 * Self.second) == 5)
        let failure = warmUp.failure(model: "m", at: 3 * Self.second)
        #expect(failure.code == .modelWarming)
        #expect(failure.message == "m is warming: a replica is loading. Try again in 5 s.")
        #expect(failure.retry == .after(.seconds(5)))
        // Longer than the last time: nobody knows.
        #expect(warmUp.remaining(at: 9 * Self.second) == 5)
        warmUp.ended()
        #expect(warmUp.remaining(at: 9 * Self.second) == 8)
    }

    @Test func `where the pool has no room it says so`() {
        let failure = warmUp { $0.hasRoom = false }.failure(model: "m", at: 0)
        #expect(failure.code == .unavailable)
        #expect(
            failure.message
                == "m has no replica, and its pool has no room for one now. Try again in 30 s.")
        #expect(failure.retry == .after(.seconds(30)))
    }

    @Test func `a queue that warms keeps its requests for the first replica`() {
        var queue = ReplicaQueue<Int>(model: "m", maximumLength: 3)
        guard case .queued = queue.request(1, deadline: 10, isWarming: true),
            case .queued = queue.request(2, deadline: 10, isWarming: true)
        else {
            Issue.record("both wait")
            return
        }
        let early = queue.update([Samples.replica(1, state: .starting)])
        #expect(early.isEmpty)
        let granted = queue.update([Samples.replica(1)])
        #expect(granted.map(\.0) == [1, 2])
    }
}
