import CapacityPath
import Fleet
import Testing
import Vocabulary

@testable import Control

/// In which order a cluster is given its commands.
struct CommandLanesTests {
    private static let leases = (0..<20).map { LeaseID(high: 6, low: $0) }

    private func taken(_ lanes: inout CommandLanes) -> [ClusterAction] {
        var actions: [ClusterAction] = []
        while let next = lanes.next() { actions.append(next.action) }
        return actions
    }

    @Test func `one lease's commands come one at a time, in their order`() {
        var lanes = CommandLanes()
        let lease = Self.leases[0]
        lanes.add(.stop(lease))
        lanes.add(.forget(lease))
        #expect(taken(&lanes) == [.stop(lease)])
        #expect(lanes.count == 2)
        lanes.finished(.lease(lease))
        #expect(taken(&lanes) == [.forget(lease)])
        lanes.finished(.lease(lease))
        #expect(taken(&lanes) == [] && lanes.count == 0)
    }

    @Test func `no more are under way than a cluster is given at a time`() {
        var lanes = CommandLanes()
        for lease in Self.leases { lanes.add(.stop(lease)) }
        #expect(taken(&lanes) == Self.leases.prefix(CommandLanes.limit).map { .stop($0) })
        lanes.finished(.lease(Self.leases[3]))
        #expect(taken(&lanes) == [.stop(Self.leases[CommandLanes.limit])])
    }

    @Test func `what only tidies up waits for the rest, and has its turn`() {
        var lanes = CommandLanes()
        let (ended, others) = (Self.leases.prefix(3), Self.leases.dropFirst(3).prefix(4))
        for lease in ended { lanes.add(.forget(lease)) }
        for lease in others { lanes.add(.stop(lease)) }
        #expect(
            taken(&lanes)
                == others.map { ClusterAction.stop($0) } + ended.map { ClusterAction.forget($0) })
    }
}
