@testable import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

@Suite struct NodeLifeTests {
    static let steps: [(NodeState, NodeInput, NodeState?)] = [
        (.ordered, .reportedUp, .testing), (.ordered, .lost, nil), (.ordered, .drain, nil),
        (.testing, .checkPassed, .inService), (.testing, .checkFailed, .failed),
        (.testing, .lost, .failed), (.testing, .maintain, .maintenance),
        (.inService, .reportedUp, nil), (.inService, .checkPassed, nil),
        (.inService, .lost, .failed), (.inService, .checkFailed, .failed),
        (.inService, .fence, .failed), (.inService, .drain, .draining),
        (.inService, .suspected, .testing), (.inService, .misshapen, .failed),
        (.draining, .resume, .inService), (.draining, .reportedUp, .testing),
        (.draining, .emptiedToMaintain, .maintenance), (.draining, .emptiedToRetire, .retired),
        (.draining, .lost, .failed),
        (.maintenance, .resume, .testing), (.maintenance, .lost, nil),
        (.maintenance, .reportedUp, nil),
        (.failed, .reportedUp, .testing), (.failed, .checkPassed, nil),
        (.failed, .resume, .testing), (.failed, .retire, .retired),
        (.retired, .reportedUp, nil), (.retired, .resume, nil),
    ]

    @Test(arguments: steps)
    func `a node goes by the table`(step: (from: NodeState, input: NodeInput, to: NodeState?)) {
        #expect(NodeLife.next(after: step.from, step.input) == step.to)
    }

    @Test func `only a check that passed brings a node into service, but for a drain undone`() {
        for state in NodeState.allCases {
            for input in NodeInput.allCases
            where NodeLife.next(after: state, input) == .inService {
                #expect(input == .checkPassed || (state == .draining && input == .resume))
            }
        }
    }

    @Test func `a node that failed is fenced, and back in service only after a check`() {
        var stand = PathStand()
        #expect(stand.state(0) == .inService)
        stand.report(down: [0])
        #expect(stand.state(0) == .failed)
        #expect(stand.took(.fence(stand.node(0), reason: "its cluster says it is down")))
        stand.report(down: [])
        #expect(stand.state(0) == .testing)
        #expect(stand.took(.check(stand.node(0))))
        #expect(!stand.took(.unfence(stand.node(0))))
        stand.handle(.nodeChecked(stand.node(0), passed: true, detail: "all well"))
        #expect(stand.state(0) == .inService)
        #expect(stand.took(.unfence(stand.node(0))))
    }

    @Test func `a node that has less than was declared is not sold`() {
        var stand = PathStand()
        stand.report(shape: CapacityWorld.Sample.shape(4), of: 0)
        #expect(stand.state(0) == .failed)
        #expect(stand.path.node(stand.node(0))?.reason == "it has 4 accelerators, 8 were declared")
    }

    @Test func `a node that is not reported is lost, one that is not declared is retired`() {
        var stand = PathStand()
        stand.report(missing: [1])
        #expect(stand.state(1) == .failed)
        var inventory = stand.inventory
        inventory.pools[0].nodes.removeFirst()
        stand.handle(.inventoryDeclared(inventory))
        #expect(stand.state(0) == .retired)
    }

    @Test func `the owner's fence holds until the owner lifts it`() {
        var stand = PathStand()
        stand.handle(.nodeCommanded(stand.node(0), .fence, reason: "smoke"))
        stand.report(down: [])
        #expect(stand.state(0) == .failed)
        stand.handle(.nodeCommanded(stand.node(0), .resume, reason: "no smoke"))
        #expect(stand.state(0) == .testing)
    }
}
