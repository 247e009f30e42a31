import CapacityPath
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Clusters

@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
struct LocalVolumeTests {
    static let volume = VolumeID(high: 1, low: 1)
    static let snapshot = SnapshotID(high: 1, low: 2)

    func mount(_ volume: VolumeID = volume, readOnly: Bool = false) -> [VolumeMount] {
        [VolumeMount(volume: volume, path: "/volumes/data", readOnly: readOnly)]
    }

    @Test func `a volume outlives leases, has a quota, and is shared`() async throws {
        try await withLocalCluster { stand in
            try await stand.cluster.createVolume(Self.volume, quotaMiB: 24)
            try await stand.cluster.createVolume(Self.volume, quotaMiB: 24)
            let empty = try await stand.cluster.volumeUsage(Self.volume)
            let first = try await stand.start(
                """
                echo kept > /volumes/data/file; head -c 8m /dev/urandom > /volumes/data/big; sync
                head -c 64m /dev/zero > /volumes/data/more || echo full; rm /volumes/data/more
                echo up; while [ ! -e /volumes/data/flag ]; do sleep 0.02; done; echo seen
                """, volumes: mount())
            try await stand.logHas("up", first)
            await #expect(throws: Failure.self) {
                try await stand.cluster.deleteVolume(Self.volume)
            }
            let second = try await stand.start(
                "cat /volumes/data/file; : > /volumes/data/flag", volumes: mount())
            #expect(try await stand.end(second).cause == .exited(0))
            #expect(try await stand.end(first).cause == .exited(0))
            #expect(try await stand.log(second) == "kept\n")
            let log = try await stand.log(first)
            #expect(log.contains("full\n") && log.hasSuffix("seen\n"), "\(log)")
            let used = try await stand.cluster.volumeUsage(Self.volume) - empty
            #expect(used > 8 << 20 && used < 24 << 20, "\(used)")

            let reading = try await stand.start(
                "cat /volumes/data/file; echo x > /volumes/data/x", volumes: mount(readOnly: true))
            #expect(try await stand.end(reading).cause != .exited(0))
            #expect(try await stand.log(reading).hasPrefix("kept\n"))
            try await stand.cluster.deleteVolume(Self.volume)
            try await stand.cluster.deleteVolume(Self.volume)
            await #expect(throws: Failure.self) {
                _ = try await stand.start("true", volumes: mount())
            }
        }
    }

    @Test func `a snapshot is a moment, and is restored`() async throws {
        try await withLocalCluster { stand in
            try await stand.cluster.createVolume(Self.volume, quotaMiB: 24)
            let writer = try await stand.start(
                """
                echo one > /volumes/data/file; sync; echo up
                while [ ! -e /workspace/.spillway/notice.json ]; do sleep 0.02; done
                echo two > /volumes/data/file
                """, volumes: mount())
            try await stand.logHas("up", writer)
            try await stand.cluster.snapshotVolume(Self.volume, as: Self.snapshot)
            try await stand.cluster.snapshotVolume(Self.volume, as: Self.snapshot)
            await #expect(throws: Failure.self) {
                try await stand.cluster.restoreVolume(Self.volume, from: Self.snapshot)
            }
            try await stand.cluster.notify(
                writer, Notice(reason: .reclaimed, givenAt: .noon, deadline: .noon))
            #expect(try await stand.end(writer).cause == .exited(0))
            let read = "cat /volumes/data/file"
            let before = try await stand.start(read, volumes: mount())
            _ = try await stand.end(before)
            #expect(try await stand.log(before) == "two\n")
            try await stand.cluster.restoreVolume(Self.volume, from: Self.snapshot)
            let after = try await stand.start(read, volumes: mount())
            _ = try await stand.end(after)
            #expect(try await stand.log(after) == "one\n")
            try await stand.cluster.deleteSnapshot(Self.snapshot)
            await #expect(throws: Failure.self) {
                try await stand.cluster.restoreVolume(Self.volume, from: Self.snapshot)
            }
        }
    }

    @Test func `two volumes made apart go together`() async throws {
        try await withLocalCluster { stand in
            let other = VolumeID(high: 2, low: 1)
            for volume in [Self.volume, other] {
                try await stand.cluster.createVolume(volume, quotaMiB: 16)
                let lease = try await stand.start(
                    "mkdir /volumes/data/d; echo x > /volumes/data/d/x", volumes: mount(volume))
                #expect(try await stand.end(lease).cause == .exited(0))
            }
            let both = try await stand.start(
                "echo y >> /volumes/a/d/x && echo y >> /volumes/b/d/x && cat /volumes/*/d/x",
                volumes: [
                    VolumeMount(volume: Self.volume, path: "/volumes/a"),
                    VolumeMount(volume: other, path: "/volumes/b"),
                ])
            #expect(try await stand.end(both).cause == .exited(0))
            #expect(try await stand.log(both) == "x\ny\nx\ny\n")
        }
    }
}
