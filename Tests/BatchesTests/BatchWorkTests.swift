import Batches
import TestKit
import Testing
import Vocabulary

@Suite struct BatchWorkTests {
    static let one = GatewayID(high: 1, low: 1)
    static let other = GatewayID(high: 1, low: 2)

    @Test func `lines are lent in order, once, and the last answer ends the batch`() {
        var work = BatchWork(total: 3)
        #expect(work.handle(.lend(to: Self.one, limit: 2)) == [.lend([0, 1], to: Self.one)])
        #expect(work.handle(.lend(to: Self.other, limit: 2)) == [.lend([2], to: Self.other)])
        #expect(work.handle(.lend(to: Self.one, limit: 2)) == [])
        #expect(work.handle(.ended(number: 1, succeeded: true)) == [])
        #expect(work.handle(.ended(number: 1, succeeded: true)) == [])
        #expect(work.handle(.ended(number: 0, succeeded: false)) == [])
        #expect(work.handle(.ended(number: 2, succeeded: true)) == [.finish(.completed)])
        #expect(work.succeeded == 2 && work.failed == 1 && work.unanswered == 0)
        #expect(work.handle(.cancel) == [])
    }

    @Test func `what a gateway gives back, or has lost, is lent again first`() {
        var work = BatchWork(total: 4)
        _ = work.handle(.lend(to: Self.one, limit: 3))
        #expect(work.handle(.returned([1], by: Self.other)) == [])
        #expect(work.handle(.returned([1], by: Self.one)) == [])
        #expect(work.handle(.held([2], by: Self.one)) == [])
        #expect(work.lent == [2: Self.one])
        #expect(work.handle(.lend(to: Self.other, limit: 9)) == [.lend([0, 1, 3], to: Self.other)])
    }

    @Test func `a cancelled batch waits for what runs, and keeps what was answered`() {
        var work = BatchWork(total: 3)
        _ = work.handle(.lend(to: Self.one, limit: 2))
        #expect(work.handle(.cancel) == [.callBack])
        #expect(work.handle(.lend(to: Self.other, limit: 2)) == [])
        #expect(work.handle(.ended(number: 0, succeeded: true)) == [])
        #expect(work.handle(.returned([1], by: Self.one)) == [.finish(.cancelled)])
        #expect(work.unanswered == 2)
    }

    @Test func `a batch whose last line ends while it is called back is complete`() {
        var work = BatchWork(total: 1)
        _ = work.handle(.lend(to: Self.one, limit: 1))
        #expect(work.handle(.expire) == [.callBack])
        #expect(work.handle(.ended(number: 0, succeeded: true)) == [.finish(.completed)])
    }

    @Test func `nothing that runs is waited for where nothing runs`() {
        var work = BatchWork(total: 2)
        #expect(work.handle(.expire) == [.finish(.expired)])
    }

    @Test func `after a restart it goes on where it was`() {
        var work = BatchWork(
            total: 4, ended: [0: true, 2: false], lent: [1: Self.one, 2: Self.one])
        #expect(work.succeeded == 1 && work.failed == 1)
        #expect(work.lent == [1: Self.one])
        #expect(work.handle(.lend(to: Self.other, limit: 5)) == [.lend([3], to: Self.other)])
        #expect(BatchWork(total: 1, ended: [0: true]).phase == .over(.completed))
    }

    /// Gateways that die, forget and repeat themselves: each line is answered once, and none is
    /// with two gateways.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no line is lost or lent twice, whatever happens`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let total = Int64.random(in: 1...40, using: &random)
        var work = BatchWork(total: total)
        let gateways = [Self.one, Self.other]
        var holding: [GatewayID: Set<Int64>] = [:]
        var answered: Set<Int64> = []
        var finished = 0
        func take(_ actions: [BatchWork.Action]) {
            for action in actions {
                switch action {
                case .lend(let numbers, let gateway):
                    for number in numbers {
                        #expect(!answered.contains(number))
                        #expect(gateways.allSatisfy { holding[$0]?.contains(number) != true })
                        holding[gateway, default: []].insert(number)
                    }
                case .callBack: Issue.record("nobody cancelled")
                case .finish(let ending):
                    finished += 1
                    #expect(ending == .completed)
                }
            }
        }
        var steps = 0
        while finished == 0, steps < 10_000 {
            steps += 1
            let gateway = gateways.randomElement(using: &random) ?? Self.one
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                take(work.handle(.lend(to: gateway, limit: .random(in: 1...5, using: &random))))
            case 4..<8:
                guard let number = holding[gateway]?.randomElement(using: &random) else { continue }
                holding[gateway]?.remove(number)
                answered.insert(number)
                take(work.handle(.ended(number: number, succeeded: .random(using: &random))))
            case 8:
                guard let number = holding[gateway]?.randomElement(using: &random) else { continue }
                holding[gateway]?.remove(number)
                take(work.handle(.returned([number], by: gateway)))
            default:
                let kept = (holding[gateway] ?? []).filter { _ in Bool.random(using: &random) }
                holding[gateway] = kept
                take(work.handle(.held(Array(kept), by: gateway)))
            }
        }
        #expect(finished == 1)
        #expect(answered.count == Int(total))
        #expect(work.succeeded + work.failed == total)
    }
}
