import Clusters
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ShutdownMachineTests {
    typealias Step = (event: ShutdownMachine.Event, action: ShutdownMachine.Action)

    func check(_ steps: [Step], _ location: SourceLocation = #_sourceLocation) {
        var machine = ShutdownMachine()
        for (number, step) in steps.enumerated() {
            #expect(
                machine.handle(step.event) == step.action, "step \(number)",
                sourceLocation: location)
        }
    }

    @Test func `the gateway ends first, then control, then the engines`() {
        check([
            (.signal, .stop(.gateway)),
            (.ended(.gateway), .stop(.control)),
            (.ended(.control), .stop(.engines)),
            (.ended(.engines), .finish),
        ])
    }

    @Test func `a second signal ends all at once, a third says nothing new`() {
        check([
            (.signal, .stop(.gateway)),
            (.signal, .killAll),
            (.signal, .nothing),
            (.ended(.engines), .nothing),
            (.ended(.gateway), .nothing),
            (.ended(.control), .finish),
        ])
    }

    @Test func `a part that ended out of turn is not waited for`() {
        check([
            (.ended(.control), .nothing),
            (.signal, .stop(.gateway)),
            (.ended(.gateway), .stop(.engines)),
            (.ended(.engines), .finish),
        ])
        check([
            (.signal, .stop(.gateway)),
            (.ended(.control), .nothing),
            (.ended(.gateway), .stop(.engines)),
            (.ended(.engines), .finish),
        ])
    }
}
