import CapacityPath
import Fleet
import Foundation
import Glibc
import TestKit
import Testing
import Vocabulary

@testable import Clusters

@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
struct LocalClusterTests {
    @Test func `a lease runs, prints, and ends with its code`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                """
                echo "$SPILLWAY_LEASE $SPILLWAY_ARRAY_INDEX/$SPILLWAY_ARRAY_SIZE of $SPILLWAY_NODES"
                cat in/a.txt; echo wrong >&2; mkdir out; echo made > out/b.txt
                python3 -c 'import sys; print(6 * 7, sys.executable)'; exit 3
                """, files: ["in/a.txt": "given\n"])
            let end = try await stand.end(lease)
            #expect(end.cause == .exited(3))
            let started = try #require(end.startedAt)
            #expect(started <= end.endedAt && end.endedAt - started < .seconds(20))
            #expect(
                try await stand.log(lease)
                    == "\(lease) 3/9 of 1\ngiven\nwrong\n42 /usr/bin/python3\n")
            let made = try await stand.cluster.readFile(lease, path: "out/b.txt")
            #expect(made == Array("made\n".utf8))
            try await stand.cluster.forget(lease)
            #expect(try await stand.log(lease).hasPrefix("\(lease)"))
            #expect(try await stand.cluster.readFile(lease, path: "out/b.txt") == made)
            #expect(try await stand.reopened().leases().isEmpty)
        }
    }

    @Test func `it is started once however often it is asked for`() async throws {
        try await withLocalCluster { stand in
            let lease = LocalStand.newLease()
            let order = stand.order(["/bin/sh", "-c", "echo once; sleep 0.3"], lease)
            let other = try await stand.reopened()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await (number % 2 == 0 ? stand.cluster : other).start(order)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stand.end(lease).cause == .exited(0))
            try await stand.cluster.start(order)
            try await stand.cluster.start(order)
            #expect(try await stand.log(lease) == "once\n")
        }
    }

    @Test func `what was stopped before its start never begins`() async throws {
        try await withLocalCluster { stand in
            let lease = LocalStand.newLease()
            try await stand.cluster.stop(lease, grace: .seconds(5))
            try await stand.cluster.start(stand.order(["/bin/echo", "no"], lease))
            let end = try await stand.end(lease)
            #expect(end.cause == .stopped)
            #expect(end.startedAt == nil)
            #expect(try await stand.log(lease).isEmpty)
        }
    }

    @Test func `it belongs to nobody, and another cluster finds it again`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start("echo here; sleep 600")
            try await stand.logHas("here", lease)
            let running = try stand.running(lease)
            let shim = try Processes.ancestor(of: running.process, generation: 2)
            #expect(try Processes.session(of: shim) != getsid(0))
            var above = shim
            while above > 1 {
                above = try Processes.parent(of: above)
                #expect(above != getpid())
            }
            let again = try await stand.reopened()
            #expect(
                try await again.leases() == [
                    LeaseReport(
                        lease: lease,
                        state: .running(since: Instant(microseconds: running.startedAt)))
                ])
            #expect(try await again.leases().isEmpty)
            try await again.stop(lease, grace: .seconds(10))
            #expect(try await stand.end(lease).cause == .stopped)
            #expect(!WorkProcesses.lives(running.process))
        }
    }

    @Test func `a lease whose shim is killed is lost, and all of it has ended`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                "setsid sh -c 'while :; do sleep 0.1; done' & echo up; wait")
            try await stand.logHas("up", lease)
            let running = try stand.running(lease)
            kill(try Processes.ancestor(of: running.process, generation: 2), SIGKILL)
            let end = try await stand.end(lease)
            #expect(end.cause == .nodeFailed(stand.cluster.node))
            #expect(end.startedAt == Instant(microseconds: running.startedAt))
            #expect(!WorkProcesses.lives(running.process))
            try await stand.cluster.start(
                stand.order(["/bin/echo", "twice"], lease))
            #expect(try await stand.log(lease) == "up\n")
        }
    }

    @Test func `the hard limit ends it`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start("sleep 600", hardLimit: 1)
            let end = try await stand.end(lease)
            #expect(end.cause == .timeLimit)
            let time = end.endedAt - (try #require(end.startedAt))
            #expect(time >= .seconds(1) && time < .seconds(12))
        }
    }

    @Test func `a notice comes by signal and by file, and ends nobody`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                """
                sleep 600 &
                trap 'cat .spillway/notice.json; echo told; kill $!; exit 4' USR1
                echo up; while :; do sleep 0.05; done
                """)
            let deaf = try await stand.start("echo up; exec sleep 600")
            let notice = Notice(reason: .reclaimed, givenAt: .noon, deadline: .noon + .seconds(120))
            for each in [lease, deaf] {
                try await stand.logHas("up", each)
                try await stand.cluster.notify(each, notice)
            }
            #expect(try await stand.end(lease).cause == .exited(4))
            let log = try await stand.log(lease)
            #expect(log.contains(#""deadline":"2026-11-21T12:02:00.000Z""#), "\(log)")
            #expect(log.contains(#""reason":"reclaimed""#))
            let seen = try await stand.cluster.attach(
                deaf, rank: 0,
                .command(
                    ["sh", "-c", "cat /workspace/.spillway/notice.json && : > .spillway/x"],
                    terminal: nil))
            let answered = await answer(of: seen)
            #expect(answered.text.contains("reclaimed") && answered.code != 0)
            guard case .running = try await stand.state(deaf) else {
                Issue.record("a notice ended who has no handler")
                return
            }
        }
    }

    @Test func `who does not listen is killed after the grace`() async throws {
        try await withLocalCluster { stand in
            let deaf = try await stand.start("trap '' TERM; echo up; while :; do sleep 0.05; done")
            let kind = try await stand.start(
                "sh -c 'trap \"echo bye; exit 0\" TERM; echo up; while :; do sleep 0.05; done'; :")
            for lease in [deaf, kind] {
                try await stand.logHas("up", lease)
                try await stand.cluster.stop(
                    lease, grace: lease == deaf ? .milliseconds(500) : .seconds(30))
            }
            let end = try await stand.end(kind)
            #expect(end.cause == .stopped)
            #expect(try await stand.log(kind).hasSuffix("bye\n"))
            #expect(try await stand.end(deaf).cause == .stopped)
        }
    }

    @Test func `what the kernel ended for memory is told so`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                "exec python3 -c 'x = bytearray(300 << 20)'", memoryMiB: 64)
            #expect(try await stand.end(lease).cause == .outOfMemory)
        }
    }

    @Test func `a signal of its own and a missing program are told apart`() async throws {
        try await withLocalCluster { stand in
            let killed = try await stand.start("kill -KILL $$")
            #expect(try await stand.end(killed).cause == .signalled(9))
            let lease = LocalStand.newLease()
            try await stand.cluster.start(stand.order(["no-such-program"], lease))
            #expect(try await stand.end(lease).cause == .exited(127))
            #expect(try await stand.log(lease).contains("no-such-program"))
        }
    }

    @Test func `a log has a limit, and the work does not wait for it`() async throws {
        try await withLocalCluster(logBytes: 1 << 16) { stand in
            let lease = try await stand.start("yes | head -c 20000000; echo last")
            #expect(try await stand.end(lease).cause == .exited(0))
            let log = try await stand.log(lease)
            #expect(log.utf8.count < 1 << 17)
            #expect(log.contains("the log is full") && !log.contains("last"))
            let part = try await stand.cluster.log(lease, rank: 0, from: 2, limit: 4)
            #expect(part == Array("y\ny\n".utf8))
        }
    }

    @Test func `a customer is refused where something is not kept apart`() async throws {
        let weak = Isolation(enforced: [:], missing: [.memory: "cgroup limits need root"])
        try await withLocalCluster(known: weak) { stand in
            let lease = LocalStand.newLease()
            await #expect(throws: Failure.self) {
                try await stand.cluster.start(stand.order(["true"], lease))
            }
            try await stand.cluster.start(stand.order(["true"], lease, isInternal: true))
            #expect(try await stand.end(lease).cause == .exited(0))
        }
    }

    @Test func `a fenced node takes nothing`() async throws {
        try await withLocalCluster { stand in
            try await stand.cluster.fence(stand.cluster.node, reason: "fan")
            let again = try await stand.reopened()
            let report = try #require(try await again.nodes().first)
            // Control has fenced it, and is told how it is apart from that.
            #expect(report.state == .up)
            #expect(report.shape.accelerators == 64)
            await #expect(throws: Failure.self) { _ = try await stand.start("true") }
            try await stand.cluster.unfence(stand.cluster.node)
            _ = try await stand.end(try await stand.start("true"))
        }
    }
}

enum Processes {
    static func fields(of process: Int32) throws -> [Substring] {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The name in parentheses may have anything in it.
        let rest = try #require(text.lastIndex(of: ")"))
        return text[text.index(after: rest)...].split(separator: " ")
    }

    static func parent(of process: Int32) throws -> Int32 {
        try #require(Int32(try fields(of: process)[1]))
    }

    static func session(of process: Int32) throws -> Int32 {
        try #require(Int32(try fields(of: process)[3]))
    }

    static func ancestor(of process: Int32, generation: Int) throws -> Int32 {
        var process = process
        for _ in 0..<generation { process = try parent(of: process) }
        return process
    }
}
