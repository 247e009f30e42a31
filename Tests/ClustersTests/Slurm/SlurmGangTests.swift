import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// Gangs, attachments and the harm that nodes can come to, on a Slurm of their own.
@Suite(.enabled(if: SlurmStand.isPossible), .serialized, .timeLimit(.minutes(10)))
struct SlurmGangTests {
    func stand() async throws -> (SlurmStand, LeaseWatch) {
        let stand = try await SlurmStand.shared().ownDirectory()
        return (stand, LeaseWatch(try await stand.cluster()))
    }

    @Test func `eight nodes start as one, each with its rank`() async throws {
        let (_, watch) = try await stand()
        let nodes = ["n8", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]
        let start = try lease(
            [
                "sh", "-c",
                "trap 'echo told' USR1; echo $SPILLWAY_RANK $SPILLWAY_NODES; touch up-$SPILLWAY_RANK;"
                    + " while ! [ -e go ]; do sleep 0.05; done; exit 0",
            ], on: nodes)
        let id = start.grant.lease
        try await watch.cluster.start(start)
        for rank in nodes.indices {
            try await eventually("rank \(rank) is up") {
                try await watch.log(id, rank: rank).contains("\(rank) n8,n1")
            }
        }
        let now = SlurmStand.clock.now()
        let said = ContinuousClock.now
        try await watch.cluster.notify(
            id, Notice(reason: .reclaimed, givenAt: now, deadline: now + .seconds(60)))
        for rank in nodes.indices {
            try await eventually("rank \(rank) is told") {
                try await watch.log(id, rank: rank).contains("told")
            }
        }
        #expect(ContinuousClock.now - said < .seconds(2))
        try await watch.cluster.stop(id, grace: .seconds(5))
        #expect(try await watch.ended(id).cause == .stopped)
    }

    @Test func `the first rank that fails ends the gang`() async throws {
        let (_, watch) = try await stand()
        let start = try lease(
            ["sh", "-c", "[ $SPILLWAY_RANK = 1 ] && exit 5; sleep 60"], on: ["n2", "n1", "n3"])
        try await watch.cluster.start(start)
        #expect(try await watch.ended(start.grant.lease).cause == .exited(5))
    }

    @Test func `a node's death ends its leases by our fault`() async throws {
        let (stand, watch) = try await stand()
        let single = try lease(["sleep", "100"], on: ["n8"])
        let gang = try lease(["sleep", "100"], on: ["n7", "n8"])
        let spared = try lease(["sleep", "100"], on: ["n7"])
        for one in [single, gang, spared] {
            try await watch.cluster.start(one)
            try await watch.running(one.grant.lease)
        }
        try await stand.fixture("kill-node", "n8")
        let failed = LeaseEnd.Cause.nodeFailed(try name("n8"))
        for one in [single, gang] {
            let end = try await watch.ended(one.grant.lease, within: .seconds(90))
            #expect(end.cause == failed)
            #expect(end.startedAt != nil)
        }
        #expect(try await watch.isRunning(spared.grant.lease))
        let dead: NodeName = try name("n8")
        let report = try await watch.cluster.nodes().first { $0.node == dead }
        #expect(report?.state == .down)
        try await watch.cluster.stop(spared.grant.lease, grace: .seconds(1))
        try await stand.fixture("start-node", "n8")
        try await eventually("n8 is back") {
            let report = try await watch.cluster.nodes().first { $0.node == dead }
            return report?.state == .up
        }
    }

    @Test func `a fence keeps work off, and is taken away again`() async throws {
        let (stand, watch) = try await stand()
        let node: NodeName = try name("n6")
        try await watch.cluster.unfence(node)
        try await watch.cluster.fence(node, reason: "a test's \"doubt\"")
        let shown = try await stand.tool("scontrol", ["show", "node", "n6"])
        #expect(shown.contains("DRAIN") && shown.contains("doubt"), "\(shown)")
        // Control has fenced it, and is told how it is apart from that.
        let report = try await watch.cluster.nodes().first { $0.node == node }
        #expect(report?.state == .up)
        let start = try lease(["true"], on: ["n6"])
        // Slurm keeps it waiting, or says that it does not take it now.
        let isTaken = try await takes(watch.cluster, start)
        #expect(try await !watch.isRunning(start.grant.lease))
        #expect(try await watch.end(start.grant.lease) == nil)
        try await watch.cluster.unfence(node)
        if !isTaken { try await watch.cluster.start(start) }
        #expect(try await watch.ended(start.grant.lease).cause == .exited(0))
    }

    @Test func `a drain by somebody else is reported`() async throws {
        let (stand, watch) = try await stand()
        let node: NodeName = try name("n6")
        _ = try await stand.tool(
            "scontrol", ["update", "NodeName=n6", "State=DRAIN", "Reason=fan"])
        let report = try await watch.cluster.nodes().first { $0.node == node }
        #expect(report?.state == .draining)
        #expect(report?.reason?.contains("fan") == true)
        try await watch.cluster.unfence(node)
        try await eventually("it is up again") {
            try await watch.cluster.nodes().first { $0.node == node }?.state == .up
        }
    }

    private func takes(_ cluster: SlurmCluster, _ start: LeaseStart) async throws -> Bool {
        do {
            try await cluster.start(start)
            return true
        } catch  where error.code == .unavailable {
            return false
        }
    }

    @Test func `a reservation holds nodes for its own leases`() async throws {
        let (stand, watch) = try await stand()
        var random = SystemRandomNumberGenerator()
        let now = SlurmStand.clock.now()
        let id = ReservationID(at: now, using: &random)
        let window = ReservedWindow(
            reservation: id, nodes: [try name("n6"), try name("n7")], from: now,
            to: now + .seconds(3600))
        try await watch.cluster.reserve(window)
        try await watch.cluster.reserve(window)
        let outside = try lease(["true"], on: ["n6"], hardLimit: 60)
        let inside = try lease(["true"], on: ["n6"], hardLimit: 60, within: id)
        try await watch.cluster.start(outside)
        try await watch.cluster.start(inside)
        #expect(try await watch.ended(inside.grant.lease).cause == .exited(0))
        #expect(try await watch.end(outside.grant.lease) == nil)
        let later = ReservedWindow(
            reservation: ReservationID(at: now, using: &random), nodes: window.nodes,
            from: now + .seconds(60), to: now + .seconds(120))
        await #expect(throws: Failure.self) { try await watch.cluster.reserve(later) }
        try await watch.cluster.release(id)
        try await watch.cluster.release(id)
        #expect(try await watch.ended(outside.grant.lease).cause == .exited(0))
        let left = try await stand.tool("scontrol", ["show", "reservation", "-o"])
        #expect(!left.contains("\(id)"))
    }

    @Test func `one can go into a lease`() async throws {
        let (_, watch) = try await stand()
        let server = """
            import socket
            s = socket.create_server(("127.0.0.1", 4242))
            print("listens", flush=True)
            while True:
                c, _ = s.accept()
                c.sendall(c.recv(100).upper())
                c.close()
            """
        let start = try lease(["python3", "-c", server], on: ["n1"])
        let id = start.grant.lease
        try await watch.cluster.start(start)
        try await eventually("it listens") { try await watch.log(id).contains("listens") }

        let shell = try await watch.cluster.attach(
            id, rank: 0,
            .command(
                [
                    "sh", "-c",
                    "cat; echo $SPILLWAY_LEASE $WORD; pwd; id -u; grep CapEff /proc/self/status; exit 4",
                ],
                terminal: nil))
        await shell.send(Array("typed\n".utf8))
        await shell.finishInput()
        let said = await text(shell.output)
        #expect(
            said.contains("typed\n\(id) it's\n/workspace\n1000\nCapEff:\t0000000000000000"),
            "\(said)")
        #expect(await shell.exitCode() == 4)

        let terminal = try await watch.cluster.attach(
            id, rank: 0,
            .command(["sh", "-c", "stty size; tty"], terminal: TerminalSize(columns: 99, rows: 33)))
        let shown = await text(terminal.output)
        #expect(shown.contains("33 99") && shown.contains("/dev/pts/"), "\(shown)")

        let port = try await watch.cluster.attach(id, rank: 0, .port(4242))
        await port.send(Array("loud".utf8))
        #expect(await text(port.output) == "LOUD")
        try await watch.cluster.stop(id, grace: .seconds(1))
        _ = try await watch.ended(id)
        await #expect(throws: Failure.self) {
            try await watch.cluster.attach(id, rank: 0, .port(4242))
        }
    }

    private func text(_ output: AsyncStream<[UInt8]>) async -> String {
        var all: [UInt8] = []
        for await bytes in output { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }
}
