import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// What is billed, beside what Slurm itself says, and how fast leases start.
@Suite(.enabled(if: SlurmStand.isPossible), .timeLimit(.minutes(5)))
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
        for number in 0..<100 {
            let time = Int.random(in: 0...40, using: &generator)
            starts.append(
                try lease(["sleep", "\(Double(time) / 10)"], on: ["n\(number % 8 + 1)"]))
        }
        for start in starts { try await watch.cluster.start(start) }
        var ends: [LeaseID: LeaseEnd] = [:]
        for start in starts {
            ends[start.grant.lease] = try await watch.ended(
                start.grant.lease, within: .seconds(120))
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
            // Slurm counts whole seconds: its time is known to a second at each side.
            let ours = end.endedAt - startedAt
            let least = Duration.seconds(slurm.end - slurm.start - 1)
            let most = Duration.seconds(slurm.end - slurm.start + 1)
            #expect(
                ours > least - .seconds(1) && ours < most + .seconds(1), "\(id) \(ours) \(slurm)")
            #expect(end.cause == .exited(0))
        }
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
