import Fleet
import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct ReplicaQueueTests {
    @Test func `who waits is served first come, first served, within bounds`() {
        var queue = ReplicaQueue<Int>(model: "m", maximumLength: 2)
        _ = queue.update([Samples.replica(1, slots: 1)])
        let place = queue.takeFreePlace()
        #expect(place != nil)
        guard case .queued(let first) = queue.request(1, deadline: 10),
            case .queued = queue.request(2, deadline: 20),
            case .refused(let failure) = queue.request(3, deadline: 30)
        else {
            Issue.record("two wait and the third is refused")
            return
        }
        #expect(failure.code == .overloaded)
        let early = queue.expire(at: 9)
        #expect(early.isEmpty)
        let expired = queue.expire(at: 10)
        #expect(expired == [1])
        let wasWaiting = queue.cancel(first)
        #expect(!wasWaiting)
        let granted = queue.release(Samples.replica(1).replica)
        #expect(granted.map(\.0) == [2])
        #expect(queue.length == 0)
    }

    @Test func `a model without replicas says so at once`() {
        var queue = ReplicaQueue<Int>(model: "m", maximumLength: 2)
        guard case .refused(let none) = queue.request(1, deadline: 10) else {
            Issue.record("nothing runs")
            return
        }
        #expect(none.code == .unavailable)
        _ = queue.update([Samples.replica(1, state: .starting)])
        guard case .refused(let loading) = queue.request(1, deadline: 10) else {
            Issue.record("nothing is ready")
            return
        }
        #expect(loading.code == .modelWarming)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no replica has more than its slots, and nobody is forgotten`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = ReplicaQueue<Int>(model: "m", maximumLength: 5)
        var running: [ReplicaID: Int] = [:]
        var waiting: [Int] = []
        var tickets: [Int: Int64] = [:]
        func note(_ granted: [(Int, ReplicaSnapshot)]) {
            for (waiter, replica) in granted {
                #expect(waiting.first == waiter, "first come, first served")
                waiting.removeFirst()
                running[replica.replica, default: 0] += 1
                #expect(running[replica.replica, default: 0] <= 2)
            }
        }
        for step in 0..<300 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let listed = (1...3 as ClosedRange<UInt64>).filter { _ in
                    Bool.random(using: &random)
                }
                note(queue.update(listed.map { Samples.replica($0) }))
            case 1, 2, 3:
                if let replica = running.filter({ $0.value > 0 }).keys.sorted().first {
                    running[replica, default: 0] -= 1
                    note(queue.release(replica))
                }
            case 4:
                note(queue.release(ReplicaID(high: 9, low: 9)))
                if let waiter = waiting.randomElement(using: &random), let ticket = tickets[waiter]
                {
                    let wasWaiting = queue.cancel(ticket)
                    #expect(wasWaiting)
                    waiting.removeAll { $0 == waiter }
                }
            default:
                switch queue.request(step, deadline: .max) {
                case .granted(let replica):
                    #expect(waiting.isEmpty)
                    running[replica.replica, default: 0] += 1
                    #expect(running[replica.replica, default: 0] <= 2)
                case .queued(let ticket):
                    waiting.append(step)
                    tickets[step] = ticket
                case .refused: break
                }
            }
            #expect(queue.length == waiting.count)
            #expect(queue.length <= 5)
            for (replica, count) in running { #expect(queue.inFlight(on: replica) == count) }
        }
    }
}
