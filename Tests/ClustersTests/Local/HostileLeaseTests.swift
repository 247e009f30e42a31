import CapacityPath
import Fleet
import Foundation
import Glibc
import TestKit
import Testing
import Vocabulary

@testable import Clusters

/// A lease that does harm as well as it can, beside one that must not notice.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
struct HostileLeaseTests {
    /// Counts to 30 with short breaks, keeps a secret, and serves a port.
    static let neighbour = """
        echo secret-of-mine > /workspace/secret; export TOKEN=secret-of-mine
        python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 7777)); s.accept()' &
        i=0; while [ $i -lt 30 ]; do sleep 0.05; echo $i > count; i=$((i + 1)); done
        cat count; test "$(cat secret)" = "$TOKEN" && echo unharmed
        """

    /// Runs `script` beside the neighbour, which must come to its end; answers what was printed.
    func attack(
        _ stand: LocalStand, _ script: String, hardLimit: Int64? = 30, memoryMiB: Int64 = 128
    ) async throws -> (log: String, end: LeaseEnd) {
        let neighbour = try await stand.start(Self.neighbour)
        let hostile = try await stand.start(script, hardLimit: hardLimit, memoryMiB: memoryMiB)
        let unharmed = try await stand.end(neighbour)
        #expect(unharmed.cause == .exited(0))
        #expect(try await stand.log(neighbour) == "29\nunharmed\n")
        let end = try await stand.end(hostile)
        return (try await stand.log(hostile), end)
    }

    @Test func `it reads nobody's files, and writes none`() async throws {
        try await withLocalCluster { stand in
            let (log, end) = try await attack(
                stand,
                """
                cat /etc/shadow; ls \(stand.place.dataDirectory) \(LocalStand.root) /root /home
                cat /proc/1/root/etc/shadow /proc/1/cwd/../../etc/shadow
                ln -s /etc/shadow link; cat link; ln -s / slash; cat slash/etc/shadow
                for d in /*; do [ $d = /usr ] || find $d -name secret; done | grep -v "Permission"
                for f in /usr/x /etc/x /x /bin/x /workspace/.spillway/x /proc/sys/kernel/hostname \
                    /proc/sysrq-trigger; do ( : > $f ) && echo "wrote $f"; done
                mount -t tmpfs none /workspace && echo mounted
                unshare -U true && echo nested; unshare -m true && echo nested
                echo done
                """)
            #expect(end.cause == .exited(0))
            for broken in ["root:", "secret", "wrote", "mounted", "nested", "Package.swift"] {
                #expect(!log.contains(broken), "\(log)")
            }
            #expect(log.hasSuffix("done\n"))
        }
    }

    @Test func `it sees and touches nobody's processes`() async throws {
        try await withLocalCluster { stand in
            let (log, end) = try await attack(
                stand,
                """
                cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '[7]777'
                cat /proc/[0-9]*/environ | tr '\\0' ' ' | grep -c TOKEN
                i=2; while [ $i -lt 33000 ]; do
                    [ $i != $$ ] && kill -9 $i 2>&- && echo "killed $i"; i=$((i + 1))
                done
                kill -9 1 2>&-; kill -9 -1 2>&-; renice -n -5 $$; chrt -f 50 true && echo realtime
                grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs|Groups|Uid)' /proc/self/status; echo done
                """)
            #expect(end.cause == .exited(0), "\(log)")
            #expect(!log.contains("killed") && !log.contains("realtime"), "\(log)")
            #expect(log.hasPrefix("0\n0\n"), "\(log)")
            for line in ["CapPrm:\t", "CapEff:\t", "CapBnd:\t"] {
                #expect(log.contains(line + "0000000000000000"), "\(log)")
            }
            #expect(log.contains("NoNewPrivs:\t1") && log.contains("Uid:\t1000"), "\(log)")
        }
    }

    @Test func `it forks without end, alone`() async throws {
        try await withLocalCluster { stand in
            let (_, end) = try await attack(
                // Memory for as many as it may have: their number is what is to hold it.
                stand, "bomb() { bomb | bomb & }; bomb; sleep 600", hardLimit: 2, memoryMiB: 2048)
            #expect(end.cause == .timeLimit)
        }
    }

    @Test func `it eats its own memory, wherever it puts it`() async throws {
        try await withLocalCluster { stand in
            for place in ["/tmp/fill", "/dev/shm/fill", "-"] {
                let script =
                    place == "-"
                    ? "exec python3 -c 'x = [bytearray(1 << 20) for i in range(4000)]'"
                    : "exec python3 -c 'f = open(\"\(place)\", \"wb\")\n"
                        + "while 1: f.write(bytes(1 << 20))'"
                let (log, end) = try await attack(stand, script, memoryMiB: 64)
                let held = end.cause == .outOfMemory || log.contains("No space left")
                #expect(held, "\(place): \(end.cause) \(log)")
            }
        }
    }

    @Test func `it fills its own disk, also with files that have no name`() async throws {
        try await withLocalCluster { stand in
            let before = try #require(try Disk.free(stand.place.dataDirectory))
            let (log, end) = try await attack(
                stand,
                """
                exec 9> hidden; rm hidden; head -c 1g /dev/zero >&9 || echo full
                i=0; while [ $i -lt 100000 ]; do true > f$i || break; i=$((i + 1)); done 2>&-
                [ $i -lt 100000 ] && echo full; head -c 1g /dev/zero > big || echo full; df -m . | tail -1
                """)
            #expect(end.cause == .exited(0))
            #expect(log.split(separator: "\n").count { $0 == "full" } >= 2, "\(log)")
            let after = try #require(try Disk.free(stand.place.dataDirectory))
            // Others use this machine's disk too.
            #expect(before - after < 512 << 20)
        }
    }

    @Test func `it reaches no network, and no port of its neighbours`() async throws {
        try await withLocalCluster { stand in
            let (log, end) = try await attack(
                stand,
                """
                exec python3 - <<'END'
                import socket, os
                def attempt(name, act):
                    try: act(); print("reached", name)
                    except OSError as error: print("held", name, error.errno)
                for port in (22, 7777, 8080, 8081):
                    attempt(port, lambda: socket.create_connection(("127.0.0.1", port), 1))
                attempt("world", lambda: socket.create_connection(("1.1.1.1", 53), 1))
                attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)))
                attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
                attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))
                for name in open("/proc/net/unix").read().split("\\n")[1:]:
                    if "@" in name: print("reached", name)
                print(os.listdir("/sys") if os.path.exists("/sys") else "no /sys")
                END
                """)
            #expect(end.cause == .exited(0), "\(log)")
            #expect(!log.contains("reached"), "\(log)")
            #expect(log.split(separator: "\n").count { $0.hasPrefix("held") } == 8, "\(log)")
        }
    }

    @Test func `it writes no devices`() async throws {
        try await withLocalCluster { stand in
            let (log, _) = try await attack(
                stand,
                """
                for k in 'c 1 1' 'b 254 0' 'b 7 0' 'c 10 200'; do
                    mknod /workspace/node $k && echo broken; mknod /tmp/node $k && echo broken; done
                for d in /dev/mem /dev/kmsg /dev/sda /dev/vda /dev/loop0 /dev/loop-control /dev/kvm \
                    /dev/fuse /dev/net/tun; do [ -e $d ] && echo "broken $d"; done
                ls /dev; echo done
                """)
            #expect(!log.contains("broken") && log.hasSuffix("done\n"), "\(log)")
        }
    }

    @Test func `it outlives its lease by nothing`() async throws {
        try await withLocalCluster { stand in
            let hostile = HostilePrograms.straggler + "\nprint(\"up\", flush=True)"
            let ended = try await stand.start(
                "cat > h.py <<'END'\n\(hostile)\nEND\npython3 h.py; exit 0")
            let stopped = try await stand.start(
                "cat > h.py <<'END'\n\(hostile)\ntime.sleep(600)\nEND\nexec python3 h.py")
            try await stand.logHas("up", stopped)
            let namespaces = [try stand.running(ended), try stand.running(stopped)].map(\.namespace)
            try await stand.cluster.stop(stopped, grace: .milliseconds(200))
            #expect(try await stand.end(ended).cause == .exited(0))
            #expect(try await stand.end(stopped).cause == .stopped)
            let left = try FileManager.default.contentsOfDirectory(atPath: "/proc")
                .compactMap { Int32($0) }
                .filter { process in
                    WorkProcesses.namespace(of: process).map(namespaces.contains) ?? false
                        && WorkProcesses.lives(process)
                }
            #expect(left.isEmpty)
            let names = [ended, stopped].map(\.description)
            for mount in stand.cluster.mechanisms.groups.mounts {
                for name in names {
                    let group = "\(mount.directory)/spillway/\(name)"
                    try await eventually("its groups are gone") { !LeaseDirectory.exists(group) }
                }
            }
        }
    }

    @Test func `a link out of its directory is not followed for it`() async throws {
        try await withLocalCluster { stand in
            let lease = try await stand.start(
                """
                ln -s /etc/shadow shadow; ln -s / root; mkfifo pipe; mkdir d; ln -s ../.. d/up
                echo good > d/file; echo up; sleep 600
                """)
            try await stand.logHas("up", lease)
            for path in [
                "shadow", "root/etc/shadow", "d/up/leases", "../../operator.token", "/etc/passwd",
                "pipe", "d", "", ".", "d/../d/file", "missing",
            ] {
                await #expect(throws: Failure.self, "\(path)") {
                    _ = try await stand.cluster.readFile(lease, path: path)
                }
            }
            #expect(try await stand.cluster.readFile(lease, path: "d/file") == Array("good\n".utf8))
            for path in ["../x", "/etc/x", "a/../../x", ""] {
                await #expect(throws: Failure.self, "\(path)") {
                    _ = try await stand.start("true", files: [path: "x"])
                }
            }
        }
    }
}

enum Disk {
    static func free(_ path: String) throws -> Int64? {
        let values = try FileManager.default.attributesOfFileSystem(forPath: path)
        return (values[.systemFreeSize] as? NSNumber)?.int64Value
    }
}
