import CapacityPath
import Testing

@testable import Clusters

@Suite(.timeLimit(.minutes(10)))
struct ShimMachineTests {
    typealias Step = (event: ShimMachine.Event, at: Duration, action: ShimMachine.Action)

    func check(_ steps: [Step], _ location: SourceLocation = #_sourceLocation) {
        var machine = ShimMachine()
        for (number, step) in steps.enumerated() {
            #expect(
                machine.handle(step.event, at: step.at) == step.action, "step \(number)",
                sourceLocation: location)
        }
    }

    func exited(_ code: Int32, outOfMemory: Bool = false) -> ShimMachine.Event {
        .exited(code: code, outOfMemory: outOfMemory)
    }

    @Test func `an end by itself has its own cause`() {
        check([(.began(limit: nil), .zero, .nothing), (exited(0), .zero, .end(.exited(0)))])
        check([(exited(3), .zero, .end(.exited(3)))])
        check([(exited(143), .zero, .end(.signalled(15)))])
        check([(exited(200), .zero, .end(.exited(200)))])
        check([(exited(137, outOfMemory: true), .zero, .end(.outOfMemory))])
        check([(exited(0, outOfMemory: true), .zero, .end(.exited(0)))])
    }

    @Test func `a stop gives its grace, and can only come nearer`() {
        check([
            (.began(limit: .seconds(100)), .zero, .nothing),
            (.stop(grace: .seconds(10)), .seconds(1), .terminate),
            (.timer, .seconds(5), .nothing),
            (.stop(grace: .seconds(60)), .seconds(6), .nothing),
            (.stop(grace: .seconds(2)), .seconds(6), .nothing),
            (.timer, .seconds(8), .kill),
            (.timer, .seconds(200), .nothing),
            (exited(137), .seconds(8), .end(.stopped)),
        ])
        check([(.stop(grace: .zero), .zero, .kill), (exited(137), .zero, .end(.stopped))])
        check([
            (.stop(grace: .seconds(5)), .zero, .terminate), (exited(0), .zero, .end(.stopped)),
        ])
    }

    @Test func `the limit ends it like a stop, and a stop after it keeps the reason`() {
        check([
            (.began(limit: .seconds(5)), .seconds(1), .nothing),
            (.timer, .seconds(5), .nothing),
            (.timer, .seconds(6), .terminate),
            (.stop(grace: .zero), .seconds(7), .kill),
            (exited(137), .seconds(7), .end(.timeLimit)),
        ])
    }

    @Test func `the next timer is the nearer one`() {
        var machine = ShimMachine()
        #expect(machine.nextTimer == nil)
        _ = machine.handle(.began(limit: .seconds(5)), at: .zero)
        #expect(machine.nextTimer == .seconds(5))
        _ = machine.handle(.stop(grace: .seconds(2)), at: .seconds(1))
        #expect(machine.nextTimer == .seconds(3))
        _ = machine.handle(.overDisk, at: .seconds(2))
        #expect(machine.nextTimer == nil)
    }

    @Test func `a shell that waits for who has a handler is spared`() {
        let term = UInt64(1) << 14
        func process(_ id: Int32, _ parent: Int32, _ caught: UInt64 = 0) -> WorkProcesses.Process {
            WorkProcesses.Process(id: id, parent: parent, caught: caught)
        }
        let sorted = { (all: [WorkProcesses.Process]) in WorkProcesses.toTerminate(all).sorted() }
        #expect(sorted([process(2, 1), process(3, 2)]) == [2, 3])
        #expect(sorted([process(2, 1), process(3, 2, term), process(4, 3)]) == [3, 4])
        #expect(sorted([process(2, 1, term), process(3, 2)]) == [2, 3])
        #expect(
            sorted([process(2, 1), process(3, 2), process(4, 3, term), process(5, 2)]) == [4, 5])
    }
}
