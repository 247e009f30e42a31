import CapacityPath
import Fleet
import Foundation
import Glibc
import TestKit
import Testing
import Vocabulary

@testable import Clusters

/// What the local cluster does for a user without rights: work of our own organizations, shut in by
/// namespaces alone.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(
        if: geteuid() != 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/bwrap"),
        "root has more: see the other suites; needs bubblewrap"))
struct LocalUnprivilegedTests {
    @Test func `what needs root is missing, and says so`() async throws {
        try await withLocalCluster(known: nil) { stand in
            let isolation = try await stand.isolation()
            #expect(Set(isolation.missing.keys) == [.memory, .cpu, .processCount, .disk])
            #expect(Set(isolation.enforced.keys) == [.files, .processes, .network, .devices])
            #expect(!isolation.sufficesForCustomers)
            let lease = LocalStand.newLease()
            let order = stand.order(["sh", "-c", "id -u; echo x > f; cat /etc/shadow"], lease)
            await #expect(throws: Failure.self) { try await stand.cluster.start(order) }
            var ours = order
            ours.isInternal = true
            try await stand.cluster.start(ours)
            #expect(try await stand.end(lease).cause == .exited(1))
            #expect(try await stand.log(lease).hasPrefix("1000\n"))
            #expect(try await stand.cluster.readFile(lease, path: "f") == Array("x\n".utf8))
        }
    }

    @Test func `it is attached to, stopped, and ended when its disk is full`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                """
                exec python3 -c 'import socket
                s = socket.create_server(("127.0.0.1", 7070)); print("up", flush=True)
                while True: c, _ = s.accept(); c.sendall(b"hello"); c.close()'
                """)
            try await stand.logHas("up", lease)
            let command = try await stand.cluster.attach(
                lease, rank: 0,
                .command(["sh", "-c", "id -u; grep CapEff /proc/self/status"], terminal: nil))
            let answered = await answer(of: command)
            #expect(answered.text == "1000\nCapEff:\t0000000000000000\n" && answered.code == 0)
            let port = try await stand.cluster.attach(lease, rank: 0, .port(7070))
            await port.finishInput()
            #expect(await answer(of: port).text == "hello")
            try await stand.cluster.stop(lease, grace: .seconds(10))
            #expect(try await stand.end(lease).cause == .stopped)

            let greedy = try await stand.start(
                "i=0; while [ $i -lt 20 ]; do head -c 8m /dev/zero > f$i; i=$((i + 1)); done; sleep 600"
            )
            #expect(try await stand.end(greedy).cause == .signalled(9))
            #expect(try await stand.log(greedy).contains("above 32 MiB"))
        }
    }

    @Test func `volumes are directories`() async throws {
        try await withLocalCluster { stand in
            let (volume, snapshot) = (VolumeID(high: 1, low: 1), SnapshotID(high: 1, low: 2))
            let mounts = [VolumeMount(volume: volume, path: "/volumes/data")]
            try await stand.cluster.createVolume(volume, quotaMiB: 16)
            for text in ["one", "two"] {
                let lease = try await stand.start(
                    "echo \(text) >> /volumes/data/f", volumes: mounts)
                #expect(try await stand.end(lease).cause == .exited(0))
                if text == "one" {
                    try await stand.cluster.snapshotVolume(volume, as: snapshot)
                }
            }
            #expect(try await stand.cluster.volumeUsage(volume) > 0)
            try await stand.cluster.restoreVolume(volume, from: snapshot)
            let lease = try await stand.start("cat /volumes/data/f", volumes: mounts)
            _ = try await stand.end(lease)
            #expect(try await stand.log(lease) == "one\n")
            try await stand.cluster.deleteVolume(volume)
        }
    }
}
