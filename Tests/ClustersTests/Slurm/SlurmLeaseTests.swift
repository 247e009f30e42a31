import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// Leases on a real Slurm.
@Suite(.enabled(if: SlurmStand.isPossible), .timeLimit(.minutes(10)))
struct SlurmLeaseTests {
    func stand() async throws -> (SlurmStand, LeaseWatch) {
        let stand = try await SlurmStand.shared().ownDirectory()
        return (stand, LeaseWatch(try await stand.cluster()))
    }

    @Test func `work has its files, its environment, its log and its exit code`() async throws {
        let (_, watch) = try await stand()
        let start = try lease(
            [
                "sh", "-c",
                "cat in/a.txt; echo $WORD $SPILLWAY_RANK $SPILLWAY_NODES $SPILLWAY_ACCELERATORS "
                    + "$SPILLWAY_LEASE >&2; echo out > b.txt; ln -s /etc/shadow link; exit 3",
            ], on: ["n1"], files: ["in/a.txt": Array("hello\n".utf8)])
        let id = start.grant.lease
        try await watch.cluster.start(start)
        let end = try await watch.ended(id)
        #expect(end.cause == .exited(3))
        let startedAt = try #require(end.startedAt)
        #expect(startedAt < end.endedAt)
        let lines = try await watch.log(id).split(separator: "\n")
        #expect(lines.first == "hello")
        let words = lines.last?.split(separator: " ") ?? []
        #expect(words.first == "it's" && words.last == "\(id)")
        #expect(words.dropFirst().first == "0" && words.dropFirst(2).first == "n1")
        let file = try await watch.cluster.readFile(id, path: "b.txt")
        #expect(file == Array("out\n".utf8))
        for bad in ["link", "../record", "/etc/passwd", "none"] {
            await #expect(throws: Failure.self) {
                try await watch.cluster.readFile(id, path: bad)
            }
        }
        try await watch.cluster.forget(id)
        #expect(try await watch.log(id).hasPrefix("hello"))
    }

    @Test func `two that say start again and again start it once`() async throws {
        let (stand, watch) = try await stand()
        let start = try lease(["sh", "-c", "echo began"], on: ["n2"])
        let id = start.grant.lease
        // The second knows nothing of the first, as after a crash; the third lost its answer.
        let second = try await stand.cluster()
        async let one: Void = watch.cluster.start(start)
        async let two: Void = second.start(start)
        _ = try await (one, two)
        _ = try await watch.ended(id)
        for cluster in [watch.cluster, second, try await stand.cluster()] {
            try await cluster.start(start)
        }
        let other = try lease(["true"], on: ["n2"])
        try await second.start(other)
        _ = try await LeaseWatch(second).ended(other.grant.lease)
        #expect(try await watch.log(id) == "began\n")
        // Whoever comes new hears of its end too.
        let late = LeaseWatch(try await stand.cluster())
        #expect(try await late.end(id)?.cause == .exited(0))
    }

    @Test func `what was stopped before never starts`() async throws {
        let (stand, watch) = try await stand()
        let start = try lease(["sh", "-c", "echo began"], on: ["n3"])
        let id = start.grant.lease
        try await watch.cluster.stop(id, grace: .seconds(1))
        try await watch.cluster.start(start)
        try await (try await stand.cluster()).start(start)
        let end = try await watch.ended(id)
        #expect(end.startedAt == nil && end.cause == .stopped)
        // One that was submitted and waits for its turn, too.
        let blocker = try lease(["sleep", "60"], on: ["n3"], accelerators: 8)
        let waiting = try lease(["sh", "-c", "echo began"], on: ["n3"], accelerators: 8)
        try await watch.cluster.start(blocker)
        try await watch.running(blocker.grant.lease)
        try await watch.cluster.start(waiting)
        try await watch.cluster.stop(waiting.grant.lease, grace: .seconds(1))
        #expect(try await watch.ended(waiting.grant.lease).cause == .stopped)
        try await watch.cluster.stop(blocker.grant.lease, grace: .zero)
        #expect(try await watch.ended(blocker.grant.lease).cause == .stopped)
        #expect(try await watch.log(id).isEmpty)
        #expect(try await watch.log(waiting.grant.lease).isEmpty)
    }

    @Test func `it is told within a second, and has its grace`() async throws {
        let (_, watch) = try await stand()
        let start = try lease(
            [
                "sh", "-c",
                "trap 'cat .spillway/notice.json; echo told' USR1; trap 'echo term; exit 7' TERM;"
                    + " echo up; while :; do sleep 0.02; done",
            ], on: ["n4"])
        let deaf = try lease(
            ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"], on: ["n4"])
        for one in [start, deaf] {
            try await watch.cluster.start(one)
            try await watch.running(one.grant.lease)
            try await eventually("it is up") {
                try await watch.log(one.grant.lease).contains("up")
            }
        }
        let id = start.grant.lease
        let now = SlurmStand.clock.now()
        let said = ContinuousClock.now
        try await watch.cluster.notify(
            id, Notice(reason: .reclaimed, givenAt: now, deadline: now + .seconds(120)))
        try await eventually("it is told") { try await watch.log(id).contains("told") }
        #expect(ContinuousClock.now - said < .seconds(1))
        #expect(try await watch.log(id).contains("\"reason\":\"reclaimed\""))
        try await watch.cluster.stop(id, grace: .seconds(20))
        let end = try await watch.ended(id)
        #expect(end.cause == .stopped && end.endedAt - now < .seconds(10))
        #expect(try await watch.log(id).contains("term"))
        let before = SlurmStand.clock.now()
        try await watch.cluster.stop(deaf.grant.lease, grace: .seconds(1))
        let killed = try await watch.ended(deaf.grant.lease)
        #expect(killed.cause == .stopped)
        #expect((.seconds(1) ... .seconds(6)).contains(killed.endedAt - before))
    }

    @Test func `a notice does not end work that does not listen`() async throws {
        let (_, watch) = try await stand()
        let start = try lease(["sh", "-c", "echo up; sleep 1; echo done"], on: ["n4"])
        try await watch.cluster.start(start)
        try await watch.running(start.grant.lease)
        let now = SlurmStand.clock.now()
        try await watch.cluster.notify(
            start.grant.lease,
            Notice(reason: .nodeDrained, givenAt: now, deadline: now + .seconds(60)))
        #expect(try await watch.ended(start.grant.lease).cause == .exited(0))
        #expect(try await watch.log(start.grant.lease).contains("done"))
    }

    @Test func `its time limit and its memory are its own`() async throws {
        let (_, watch) = try await stand()
        let long = try lease(["sleep", "60"], on: ["n5"], hardLimit: 1)
        let greedy = try lease(
            ["python3", "-c", "x = bytearray(600 << 20)"], on: ["n5"])
        try await watch.cluster.start(long)
        try await watch.cluster.start(greedy)
        #expect(try await watch.ended(long.grant.lease).cause == .timeLimit)
        #expect(try await watch.ended(greedy.grant.lease).cause == .outOfMemory)
    }

    @Test func `work that is not there is its own fault, a volume that is not there is ours`()
        async throws
    {
        let (_, watch) = try await stand()
        var random = SystemRandomNumberGenerator()
        let volume = VolumeID(at: SlurmStand.clock.now(), using: &random)
        let missing = try lease(["no-such-program"], on: ["n5"])
        let bare = try lease(
            ["true"], on: ["n5"], volumes: [VolumeMount(volume: volume, path: "/volumes/data")])
        try await watch.cluster.start(missing)
        try await watch.cluster.start(bare)
        #expect(try await watch.ended(missing.grant.lease).cause == .exited(127))
        let end = try await watch.ended(bare.grant.lease)
        guard case .startFailed = end.cause else {
            Issue.record("\(end)")
            return
        }
        #expect(end.startedAt == nil)
    }

    @Test func `volumes outlive leases`() async throws {
        let (_, watch) = try await stand()
        var random = SystemRandomNumberGenerator()
        let now = SlurmStand.clock.now()
        let volume = VolumeID(at: now, using: &random)
        let snapshot = SnapshotID(at: now, using: &random)
        try await watch.cluster.createVolume(volume, quotaMiB: 16)
        func work(_ command: String) async throws -> String {
            let start = try lease(
                ["sh", "-c", command], on: ["n6"],
                volumes: [VolumeMount(volume: volume, path: "/volumes/data")])
            try await watch.cluster.start(start)
            #expect(try await watch.ended(start.grant.lease).cause == .exited(0))
            return try await watch.log(start.grant.lease)
        }
        _ = try await work("echo one > /volumes/data/f")
        #expect(try await watch.cluster.volumeUsage(volume) > 0)
        try await watch.cluster.snapshotVolume(volume, as: snapshot)
        #expect(try await work("cat /volumes/data/f; echo two > /volumes/data/f") == "one\n")
        try await watch.cluster.restoreVolume(volume, from: snapshot)
        #expect(try await work("cat /volumes/data/f") == "one\n")
        try await watch.cluster.deleteSnapshot(snapshot)
        try await watch.cluster.deleteVolume(volume)
        await #expect(throws: Failure.self) { try await watch.cluster.volumeUsage(volume) }
    }
}
