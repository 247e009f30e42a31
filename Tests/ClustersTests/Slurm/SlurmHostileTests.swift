import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// A lease that does harm as well as it can, beside one on the same node that must not notice.
@Suite(.enabled(if: SlurmStand.isPossible), .timeLimit(.minutes(10)))
struct SlurmHostileTests {
    private static let neighbour = """
        echo secret-of-mine > secret; export TOKEN=secret-of-mine
        python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 7777)); s.accept()' &
        i=0; while [ $i -lt 30 ]; do sleep 0.05; i=$((i + 1)); done
        test "$(cat secret)" = "$TOKEN" && echo unharmed; kill %1 $!
        """

    private func attack(
        _ script: String, on node: String, hardLimit: Int64 = 30
    ) async throws -> (log: String, end: LeaseEnd) {
        let stand = try await SlurmStand.shared().ownDirectory()
        let watch = LeaseWatch(try await stand.cluster(diskMiB: 64))
        let neighbour = try lease(["sh", "-c", Self.neighbour], on: [node])
        var hostile = try lease(["sh", "-c", script], on: [node], hardLimit: hardLimit)
        // A customer's: nothing is let through because it is ours.
        hostile.isInternal = false
        try await watch.cluster.start(neighbour)
        try await watch.running(neighbour.grant.lease)
        try await watch.cluster.start(hostile)
        _ = try await watch.ended(neighbour.grant.lease)
        #expect(try await watch.log(neighbour.grant.lease).contains("unharmed"))
        let end = try await watch.ended(hostile.grant.lease, within: .seconds(60))
        return (try await watch.log(hostile.grant.lease), end)
    }

    @Test func `it reads nobody's files, and writes none`() async throws {
        let (log, end) = try await attack(
            """
            cat /etc/shadow /etc/munge/munge.key; ls /root /home /tmp/spillway-slurm-*
            cat /proc/1/root/etc/shadow /proc/1/cwd/../../etc/shadow
            ln -s /etc/shadow link; cat link; ln -s / slash; cat slash/etc/shadow
            for d in /*; do [ $d = /usr ] || [ $d = /sys ] || find $d -name secret; done
            for f in /usr/x /etc/x /x /bin/x /workspace/.spillway/x /proc/sys/kernel/hostname \
                /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/irq/*/smp_affinity \
                /proc/sysrq-trigger /proc/1/oom_score_adj; do ( : > $f ) && echo "wrote $f"; done
            mount -t tmpfs none /workspace && echo mounted
            unshare -U true && echo nested; unshare -m true && echo nested
            for k in 'c 1 1' 'b 254 0' 'c 10 200'; do mknod /workspace/node $k && echo broken; done
            for d in /dev/mem /dev/kmsg /dev/sda /dev/vda /dev/loop0 /dev/kvm /dev/fuse; do
                [ -e $d ] && echo "broken $d"; done
            find /sys -writable -type f | head -3 | while read f; do
                ( : > $f ) && echo "wrote $f"; done
            echo done
            """, on: "n1")
        #expect(end.cause == .exited(0))
        for broken in ["root:", "secret", "wrote", "mounted", "nested", "broken"] {
            #expect(!log.contains(broken), "\(log)")
        }
        #expect(log.hasSuffix("done\n"))
    }

    @Test func `it sees and touches nobody's processes, and no network`() async throws {
        let (log, end) = try await attack(
            """
            cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '[7]777'
            cat /proc/[0-9]*/environ | tr '\\0' ' ' | grep -c TOKEN
            kill -9 1 2>&-; i=3; while [ $i -lt 400 ]; do
                [ $i != $$ ] && kill -9 $i 2>&- && echo "killed $i"; i=$((i + 1)); done
            grep -E '^(Cap(Prm|Eff)|NoNewPrivs|Uid)' /proc/self/status
            exec python3 - <<'END'
            import socket
            for port in (22, 6817, 7700 + 77, 8080):
                try: socket.create_connection(("127.0.0.1", port), 1); print("reached", port)
                except OSError: print("held", port)
            END
            """, on: "n2")
        #expect(end.cause == .exited(0), "\(log)")
        #expect(log.hasPrefix("0\n0\n"), "\(log)")
        #expect(!log.contains("killed") && !log.contains("reached"), "\(log)")
        #expect(log.contains("CapEff:\t0000000000000000") && log.contains("NoNewPrivs:\t1"))
        #expect(log.split(separator: "\n").count { $0.hasPrefix("held") } == 4, "\(log)")
    }

    @Test func `it forks, eats memory and fills the disk alone`() async throws {
        let bomb = try await attack(
            "bomb() { bomb | bomb & }; bomb; sleep 60", on: "n3", hardLimit: 3)
        #expect(bomb.end.cause == .timeLimit)
        for place in ["/tmp/fill", "/dev/shm/fill"] {
            // One file alone would only meet the limit of a file's size.
            let fill = """
                for i in range(64):
                    with open(f"\(place){i}", "wb") as f: f.write(bytes(32 << 20))
                print("filled")
                """
            let (log, end) = try await attack("exec python3 -c '\(fill)'", on: "n3")
            let held = end.cause == .outOfMemory || log.contains("No space left")
            #expect(held, "\(place): \(end.cause) \(log)")
        }
        // One large file is stopped at once; many, and one without a name, when somebody looks.
        let large = try await attack("head -c 1G /dev/zero > big; echo $?", on: "n4")
        #expect(
            large.log.contains("File size limit") || large.log.hasSuffix("153\n"), "\(large.log)")
        let hidden = try await attack(
            "for i in 5 6 7; do eval \"exec $i> hidden; rm hidden; head -c 40M /dev/zero >&$i\"; done;"
                + " sleep 60", on: "n4")
        #expect(hidden.end.cause == .signalled(25), "\(hidden)")
    }

    @Test func `it outlives its lease by nothing`() async throws {
        let mark = "mark\(UInt32.random(in: .min ... .max))"
        let (_, end) = try await attack(
            "cat > h.py <<'END'\n\(HostilePrograms.straggler)\nEND\npython3 h.py \(mark); exit 0",
            on: "n5")
        #expect(end.cause == .exited(0))
        let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int32(name) != nil,
                let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
            else { return false }
            return String(decoding: words, as: UTF8.self).contains("h.py\0" + mark)
        }
        #expect(left.isEmpty)
    }
}
