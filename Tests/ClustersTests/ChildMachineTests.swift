import Clusters
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct ChildMachineTests {
    typealias Step = (
        event: ChildMachine.Event, at: Duration, action: ChildMachine.Action
    )

    static let policy = RestartPolicy(
        firstDelay: .seconds(1), longestDelay: .seconds(4), stableAfter: .seconds(10),
        window: .seconds(60))

    func check(_ steps: [Step], _ location: SourceLocation = #_sourceLocation) {
        var machine = ChildMachine(policy: Self.policy)
        for (number, step) in steps.enumerated() {
            #expect(
                machine.handle(step.event, at: step.at) == step.action, "step \(number)",
                sourceLocation: location)
        }
    }

    @Test func `a child that ends is started again, later each time`() {
        check([
            (.start, .zero, .launch),
            (.exited, .seconds(1), .wake(after: .seconds(1))),
            (.timer, .seconds(2), .launch),
            (.exited, .seconds(3), .wake(after: .seconds(2))),
            (.timer, .seconds(5), .launch),
            (.exited, .seconds(5), .wake(after: .seconds(4))),
            (.timer, .seconds(9), .launch),
            (.exited, .seconds(9), .wake(after: .seconds(4))),
        ])
    }

    @Test func `a stable time forgives earlier failures`() {
        check([
            (.start, .zero, .launch),
            (.exited, .seconds(1), .wake(after: .seconds(1))),
            (.timer, .seconds(2), .launch),
            (.exited, .seconds(3), .wake(after: .seconds(2))),
            (.timer, .seconds(5), .launch),
            (.exited, .seconds(15), .wake(after: .seconds(1))),
        ])
    }

    @Test func `a wake-up that comes too early starts nothing`() {
        check([
            (.start, .zero, .launch),
            (.exited, .seconds(1), .wake(after: .seconds(1))),
            (.timer, .milliseconds(1500), .nothing),
            (.timer, .seconds(2), .launch),
            (.timer, .seconds(3), .nothing),
        ])
    }

    @Test func `it is asked to end, then made to, and not started again`() {
        check([
            (.start, .zero, .launch),
            (.stop(grace: .seconds(30)), .seconds(1), .terminate(wakeAfter: .seconds(30))),
            (.stop(grace: .seconds(30)), .seconds(2), .nothing),
            (.timer, .seconds(3), .nothing),
            (.timer, .seconds(31), .kill),
            (.exited, .seconds(31), .finish),
            (.timer, .seconds(60), .nothing),
        ])
    }

    @Test func `one that ends when asked is not killed`() {
        check([
            (.start, .zero, .launch),
            (.stop(grace: .seconds(30)), .seconds(1), .terminate(wakeAfter: .seconds(30))),
            (.exited, .seconds(2), .finish),
            (.timer, .seconds(31), .nothing),
        ])
    }

    @Test func `a second signal kills at once`() {
        check([
            (.start, .zero, .launch),
            (.stop(grace: .seconds(30)), .seconds(1), .terminate(wakeAfter: .seconds(30))),
            (.kill, .seconds(2), .kill),
            (.kill, .seconds(2), .nothing),
            (.exited, .seconds(2), .finish),
        ])
    }

    @Test func `one that waits for its next start has nothing to end`() {
        check([
            (.start, .zero, .launch),
            (.exited, .seconds(1), .wake(after: .seconds(1))),
            (.stop(grace: .seconds(30)), .seconds(1), .finish),
            (.timer, .seconds(2), .nothing),
        ])
        check([(.stop(grace: .zero), .zero, .finish)])
        check([(.kill, .zero, .finish)])
    }

    @Test func `one that hangs is killed and started again`() {
        check([
            (.start, .zero, .launch),
            (.replace, .seconds(1), .kill),
            (.exited, .seconds(1), .wake(after: .seconds(1))),
            (.replace, .seconds(1), .nothing),
            (.timer, .seconds(2), .launch),
        ])
    }

    @Test func `ends are counted for a minute`() {
        var machine = ChildMachine(policy: Self.policy)
        _ = machine.handle(.start, at: .zero)
        for second in [0, 10, 20, 40] {
            _ = machine.handle(.exited, at: .seconds(second))
            _ = machine.handle(.timer, at: .seconds(second + 4))
        }
        #expect(machine.recentExits(at: .seconds(40)) == 4)
        #expect(machine.recentExits(at: .seconds(75)) == 2)
        #expect(machine.recentExits(at: .seconds(101)) == 0)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `whatever happens, it never runs twice and ends when told`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var machine = ChildMachine(policy: Self.policy)
        var now = Duration.zero
        var running = false
        var finished = false
        for _ in 0..<60 {
            now += .milliseconds(Int64.random(in: 0...5000, using: &generator))
            let events: [ChildMachine.Event] = [
                .start, .exited, .timer, .replace,
                .stop(grace: .seconds(Int64.random(in: 0...40, using: &generator))), .kill,
            ]
            // Orders to end come seldom, and only a running process can end.
            let choice = Int.random(in: 0..<20, using: &generator)
            let event = events[choice < 16 ? choice % 4 : choice % 2 + 4]
            if event == .exited, !running { continue }
            if event == .exited { running = false }
            switch machine.handle(event, at: now) {
            case .launch:
                #expect(!running && !finished)
                running = true
            case .finish:
                #expect(!running && !finished)
                finished = true
            case .terminate, .kill: #expect(running)
            case .wake: #expect(!running)
            case .nothing: break
            }
        }
        if !finished {
            _ = machine.handle(.start, at: now)
            if machine.handle(.kill, at: now) != .finish {
                #expect(machine.handle(.exited, at: now) == .finish)
            }
        }
    }
}
