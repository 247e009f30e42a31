import Testing

@testable import LeaseWork

@Suite struct WorkMachineTests {
    typealias Step = (at: Int, event: WorkMachine.Event, actions: [WorkMachine.Action])

    /// Each step happens at a second, and answers what is to be done.
    private func check(_ steps: [Step], _ location: SourceLocation = #_sourceLocation) {
        var machine = WorkMachine()
        for step in steps {
            #expect(
                machine.handle(step.event, at: .seconds(step.at)) == step.actions,
                "\(step.event) at \(step.at)", sourceLocation: location)
        }
    }

    @Test func `work that ends by itself has exited`() {
        for code: Int32 in [0, 1, 137] {
            check([
                (0, .started(limit: nil), []),
                (5, .exited(code: code, outOfMemory: false), [.end(.exited)]),
            ])
        }
    }

    @Test func `only work that was killed died for want of memory`() {
        check([
            (0, .started(limit: nil), []),
            (5, .exited(code: 137, outOfMemory: true), [.end(.memory)]),
        ])
        check([
            (0, .started(limit: nil), []),
            (5, .exited(code: 0, outOfMemory: true), [.end(.exited)]),
        ])
    }

    @Test func `a stop waits its grace`() {
        check([
            (0, .started(limit: nil), []),
            (3, .order(.stop(grace: .seconds(4))), [.terminate]),
            (6, .timer, []),
            (7, .timer, [.kill]),
            (8, .timer, []),
            (8, .exited(code: 137, outOfMemory: true), [.end(.stopped)]),
        ])
    }

    @Test func `a second stop only brings the end nearer`() {
        check([
            (0, .started(limit: nil), []),
            (1, .order(.stop(grace: .seconds(10))), [.terminate]),
            (2, .order(.stop(grace: .seconds(60))), []),
            (3, .order(.stop(grace: .seconds(1))), []),
            (4, .timer, [.kill]),
        ])
        check([
            (0, .started(limit: nil), []),
            (1, .order(.stop(grace: .seconds(10))), [.terminate]),
            (2, .order(.stop(grace: .zero)), [.kill]),
            (11, .timer, []),
        ])
    }

    @Test func `the limit ends in ten seconds`() {
        check([
            (2, .started(limit: .seconds(5)), []),
            (6, .timer, []),
            (7, .timer, [.terminate]),
            (16, .timer, []),
            (17, .timer, [.kill]),
            (17, .exited(code: 137, outOfMemory: false), [.end(.limit)]),
        ])
    }

    @Test func `the first reason stays`() {
        check([
            (0, .started(limit: .seconds(5)), []),
            (1, .order(.stop(grace: .seconds(60))), [.terminate]),
            (5, .timer, []),
            (6, .order(.disk), [.kill]),
            (6, .exited(code: 143, outOfMemory: false), [.end(.stopped)]),
        ])
    }

    @Test func `what is stopped before it starts is never started`() {
        var machine = WorkMachine()
        #expect(machine.handle(.order(.stop(grace: .seconds(5))), at: .zero) == [])
        #expect(machine.isStopped)
        #expect(machine.handle(.exited(code: 0, outOfMemory: false), at: .zero) == [.end(.stopped)])
    }

    @Test func `a job that Slurm ends is cancelled`() {
        check([
            (0, .started(limit: .seconds(5)), []),
            (1, .cancelled, [.breakOff]),
            (5, .timer, []),
            (6, .exited(code: 143, outOfMemory: false), [.end(.cancelled)]),
        ])
    }

    @Test func `the timer is due when something is`() {
        var machine = WorkMachine()
        #expect(machine.nextTimer == nil)
        _ = machine.handle(.started(limit: .seconds(50)), at: .seconds(1))
        #expect(machine.nextTimer == .seconds(51))
        _ = machine.handle(.order(.stop(grace: .seconds(3))), at: .seconds(2))
        #expect(machine.nextTimer == .seconds(5))
        _ = machine.handle(.timer, at: .seconds(5))
        #expect(machine.nextTimer == nil)
    }

    @Test(
        arguments: [
            ("notice {\"reason\":\"a b\"}", .notice("{\"reason\":\"a b\"}")),
            ("stop 1500000", .stop(grace: .milliseconds(1500))), ("stop -1", .stop(grace: .zero)),
            ("limit", .limit), ("disk", .disk), ("", nil), ("stop", nil), ("stop x", nil),
            ("notice", nil), ("other", nil),
        ] as [(String, WorkMachine.Order?)])
    func `orders are lines`(_ line: String, _ order: WorkMachine.Order?) {
        #expect(WorkMachine.Order(line) == order)
    }
}
