import Clusters
import Fleet
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ReplicaMachineTests {
    typealias Step = (
        event: ReplicaMachine.Event, at: Duration, action: ReplicaMachine.Action,
        state: ReplicaState
    )

    static let idle = EngineHealth.serving(contextLength: 2048, busySlots: 0)
    static let busy = EngineHealth.serving(contextLength: 2048, busySlots: 2)
    static let failing = EngineHealth.failing("refused")

    func check(_ steps: [Step], _ location: SourceLocation = #_sourceLocation) {
        var machine = ReplicaMachine()
        for (number, step) in steps.enumerated() {
            #expect(
                machine.handle(step.event, at: step.at) == step.action, "step \(number)",
                sourceLocation: location)
            #expect(machine.state == step.state, "step \(number)", sourceLocation: location)
        }
    }

    @Test func `it is ready when it serves, however long it loads`() {
        check([
            (.launched, .zero, .nothing, .starting),
            (.probed(Self.failing), .zero, .nothing, .starting),
            (.probed(.loading), .seconds(300), .nothing, .starting),
            (.probed(Self.idle), .seconds(301), .report, .ready),
            (.probed(Self.busy), .seconds(302), .nothing, .ready),
        ])
    }

    @Test func `three failed looks make it unhealthy, one good one ready again`() {
        check([
            (.probed(Self.idle), .zero, .report, .ready),
            (.probed(Self.failing), .seconds(1), .nothing, .ready),
            (.probed(Self.failing), .seconds(2), .nothing, .ready),
            (.probed(Self.failing), .seconds(3), .report, .unhealthy),
            (.probed(Self.idle), .seconds(4), .report, .ready),
            (.probed(Self.failing), .seconds(5), .nothing, .ready),
        ])
    }

    @Test func `one that hangs is replaced`() {
        var machine = ReplicaMachine()
        _ = machine.handle(.probed(Self.idle), at: .zero)
        var actions: [ReplicaMachine.Action] = []
        for second in 1...ReplicaMachine.Limit.hangingProbes {
            actions.append(machine.handle(.probed(Self.failing), at: .seconds(second)))
        }
        #expect(actions.last == .replace)
        #expect(actions.count { $0 == .replace } == 1)
        #expect(actions.count { $0 == .report } == 1)
    }

    @Test func `one that ends is starting again, one that ends again and again is unhealthy`() {
        check([
            (.probed(Self.idle), .zero, .report, .ready),
            (.exited(recently: 1), .seconds(1), .report, .starting),
            (.launched, .seconds(2), .nothing, .starting),
            (.exited(recently: 5), .seconds(3), .report, .unhealthy),
            (.launched, .seconds(4), .report, .starting),
            (.probed(Self.idle), .seconds(5), .report, .ready),
        ])
    }

    @Test func `draining waits for what is under way`() {
        check([
            (.probed(Self.busy), .zero, .report, .ready),
            (.drain, .seconds(1), .report, .draining),
            (.drain, .seconds(1), .nothing, .draining),
            (.probed(Self.idle), .milliseconds(1500), .nothing, .draining),
            (.probed(Self.busy), .seconds(20), .nothing, .draining),
            (.probed(Self.idle), .seconds(21), .stop, .draining),
            (.ended, .seconds(21), .report, .stopped),
        ])
    }

    @Test func `draining does not wait for ever, nor for a dead engine`() {
        check([
            (.drain, .zero, .report, .draining),
            (.probed(Self.busy), .seconds(3599), .nothing, .draining),
            (.probed(Self.busy), .seconds(3600), .stop, .draining),
        ])
        check([
            (.drain, .zero, .report, .draining),
            (.exited(recently: 1), .seconds(1), .nothing, .draining),
            (.launched, .seconds(1), .nothing, .draining),
            (.probed(Self.failing), .seconds(2), .stop, .draining),
        ])
    }
}
