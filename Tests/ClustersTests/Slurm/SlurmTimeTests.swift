import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// What is billed, beside what Slurm itself says, and how fast leases start.
@Suite(.enabled(if: SlurmStand.isPossible), .timeLimit(.minutes(10)))
struct SlurmTimeTests {
    @Test func `seconds agree with Slurm's, for every job`() async throws {
        let stand = try await SlurmStand.started(accounting: true)
        do {
            try await compare(stand)
        } catch {
            try await stand.stop()
            throw error
        }
        try await stand.stop()
    }

    private func compare(_ stand: SlurmStand) async throws {
        let watch = LeaseWatch(try await stand.cluster())
        var generator = SeededGenerator(seed: 5)
        var starts: [LeaseStart] = []
        var lengths: [LeaseID: Duration] = [:]
        for number in 0..<100 {
            let time = Int.random(in: 0...40, using: &generator)
            let start = try lease(["sleep", "\(Double(time) / 10)"], on: ["n\(number % 8 + 1)"])
            starts.append(start)
            lengths[start.grant.lease] = .milliseconds(100 * time)
        }
        // A few at a time: Slurm counts from the allocation on, and a small machine that launches
        // many at once takes seconds to begin them.
        var ends: [LeaseID: LeaseEnd] = [:]
        for (number, start) in starts.enumerated() {
            try await watch.cluster.start(start)
            let last = number - 5
            guard last >= 0 else { continue }
            let id = starts[last].grant.lease
            ends[id] = try await watch.ended(id, within: .seconds(120))
        }
        for start in starts where ends[start.grant.lease] == nil {
            let id = start.grant.lease
            ends[id] = try await watch.ended(id, within: .seconds(120))
        }
        var theirs: [LeaseID: (start: Int64, end: Int64)] = [:]
        try await eventually("accounting has them all", within: .seconds(60)) {
            let text = try await stand.tool(
                "env",
                [
                    "SLURM_TIME_FORMAT=%s", "sacct", "--allusers", "--noheader", "--parsable2",
                    "--allocations", "--format=JobName,Start,End",
                ])
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: "|")
                guard fields.count == 3, let id = LeaseID(fields[0]), let start = Int64(fields[1]),
                    let end = Int64(fields[2])
                else { continue }
                theirs[id] = (start, end)
            }
            return theirs.count >= starts.count
        }
        for (id, end) in ends {
            let startedAt = try #require(end.startedAt)
            let slurm = try #require(theirs[id])
            let (from, to) = (
                Instant(microseconds: slurm.start * 1_000_000),
                Instant(microseconds: slurm.end * 1_000_000)
            )
            // Nothing is billed outside of the time that Slurm counted, in whole seconds.
            #expect(startedAt >= from && end.endedAt <= to + .seconds(1), "\(id)")
            // Its own launch, until the job's first line, and its own putting away take seconds
            // where the machine has other things to do; Slurm counts both.
            let launch = max(.zero, try claimed(id, stand) - from - .seconds(1))
            let puttingAway = max(.zero, to - end.endedAt - .seconds(1))
            let ours = end.endedAt - startedAt
            // What is taken for Slurm's putting away must not be the work's own time.
            let length = try #require(lengths[id])
            #expect(ours >= length - .milliseconds(50), "\(id) \(ours) \(length)")
            let beyond = (to - from) - (ours + launch + puttingAway)
            // Its time is known to a second at each side.
            #expect(
                (.seconds(-2) ... .seconds(2)).contains(beyond),
                "\(id) \(ours) \(launch) \(puttingAway) \(slurm)")
            #expect(end.cause == .exited(0))
        }
    }

    /// When a lease's job came to its first line.
    private func claimed(_ lease: LeaseID, _ stand: SlurmStand) throws -> Instant {
        let path = stand.facts.shared + "/leases/\(lease)/record"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // job NUMBER MICROSECONDS
        let words = text.prefix { $0 != "\n" }.split(separator: " ")
        return Instant(microseconds: try #require(Int64(words[2])))
    }

    /// Takes a machine of its own: `SPILLWAY_FULL=1`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SPILLWAY_FULL"] == "1"))
    func `leases start at least 0,8 times as fast as bare jobs`() async throws {
        let stand = try await SlurmStand.started(accounting: false)
        do {
            let cluster = try await stand.cluster()
            var ratios: [Double] = []
            for _ in 0..<5 {
                let bare = try await bareRate(stand, jobs: 100)
                let ours = try await leaseRate(cluster, jobs: 100)
                ratios.append(ours / bare)
                print("started per second: bare sbatch \(bare), leases \(ours)")
            }
            let median = ratios.sorted()[ratios.count / 2]
            print("median of \(ratios.count) ratios: \(median)")
            #expect(median >= 0.8)
        } catch {
            try await stand.stop()
            throw error
        }
        try await stand.stop()
    }

    /// Jobs a second, from the first submission to the last start.
    private func bareRate(_ stand: SlurmStand, jobs: Int) async throws -> Double {
        let folder = stand.folder + "/bare-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let script = "#!/bin/bash\nprintf %s $EPOCHREALTIME > \(folder)/$SLURM_JOB_ID\n"
        try Data(script.utf8).write(to: URL(filePath: folder + "/job"))
        let before = SlurmStand.clock.now()
        let loop =
            "for i in $(seq \(jobs)); do sbatch -Q --gres=gpu:h100:1 --mem=256 --requeue "
            + "-o /dev/null -w n$((i % 8 + 1)) \(folder)/job; done"
        _ = try await stand.tool("bash", ["-c", loop])
        var starts: [Int64] = []
        try await eventually("all bare jobs have started", within: .seconds(120)) {
            starts = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
                let text = try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
                return Int64(text.replacing(".", with: ""))
            }
            return starts.count == jobs
        }
        let last = starts.max() ?? 0
        return Double(jobs) * 1e6 / Double(last - before.microseconds)
    }

    private func leaseRate(_ cluster: SlurmCluster, jobs: Int) async throws -> Double {
        let starts = try (0..<jobs).map { try lease(["true"], on: ["n\($0 % 8 + 1)"]) }
        let before = SlurmStand.clock.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, start) in starts.enumerated() {
                if number >= 8 { try await group.next() }
                group.addTask { try await cluster.start(start) }
            }
            try await group.waitForAll()
        }
        let watch = LeaseWatch(cluster)
        var last = before
        for start in starts {
            let end = try await watch.ended(start.grant.lease, within: .seconds(120))
            last = max(last, end.startedAt ?? last)
        }
        return Double(jobs)
            / Double(
                (last - before).components.seconds * 1000
                    + (last - before).components.attoseconds / 1_000_000_000_000_000) * 1000
    }

    @Test func `a cluster that is silent is said to be`() async throws {
        let stand = try await SlurmStand.started(accounting: false)
        do {
            let cluster = try await stand.cluster()
            _ = try await cluster.nodes()
            try await stand.fixture("kill-controller")
            for attempt in [
                { _ = try await cluster.nodes() },
                { try await cluster.fence(try name("n1"), reason: "test") },
                { try await cluster.start(try lease(["true"], on: ["n1"])) },
            ] {
                await #expect { try await attempt() } throws: { error in
                    (error as? Failure)?.code == .unavailable
                }
            }
            _ = try await cluster.leases()
        } catch {
            try await stand.stop()
            throw error
        }
        try await stand.stop()
    }
}
