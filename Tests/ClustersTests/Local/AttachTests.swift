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
struct AttachTests {
    func up(_ stand: LocalStand, _ script: String) async throws -> LeaseID {
        let lease = try await stand.start(script)
        try await stand.logHas("up", lease)
        return lease
    }

    @Test func `a command runs beside the work, with no more rights`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(stand, "echo mine > file; echo up; sleep 600")
            let script = """
                cat file; pwd; echo $SPILLWAY_LEASE; tr '\\0' '\\n' </proc/1/cmdline | head -1
                grep -E '^(CapPrm|CapEff|NoNewPrivs|Uid|Gid|Groups)' /proc/self/status
                cat /etc/shadow; mknod x c 1 1; mount -t tmpfs none /tmp; unshare -U true && echo nested
                hostname x; cat /proc/self/cgroup; ulimit -c; ls /proc/self/fd | wc -w; read line
                echo "read $line"; exit 5
                """
            let attachment = try await stand.cluster.attach(
                lease, rank: 0, .command(["sh", "-c", script], terminal: nil))
            await attachment.send(Array("word\n".utf8))
            await attachment.finishInput()
            let (text, code) = await answer(of: attachment)
            #expect(code == 5, "\(text)")
            #expect(text.hasPrefix("mine\n/workspace\n\(lease)\nbwrap\n"), "\(text)")
            #expect(text.contains("CapPrm:\t0000000000000000"), "\(text)")
            #expect(text.contains("CapEff:\t0000000000000000"), "\(text)")
            #expect(text.contains("NoNewPrivs:\t1"), "\(text)")
            #expect(text.contains("Uid:\t1000\t1000\t1000\t1000"), "\(text)")
            #expect(text.contains("/spillway/\(lease)"), "\(text)")
            #expect(text.hasSuffix("\n0\n4\nread word\n"), "\(text)")
            #expect(!text.contains("nested") && !text.contains("root:"), "\(text)")
        }
    }

    @Test func `a terminal is one, of its size`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(stand, "echo up; sleep 600")
            let attachment = try await stand.cluster.attach(
                lease, rank: 0,
                .command(
                    ["sh", "-c", "stty size; test -t 0 && echo terminal; read x; echo \"got $x\""],
                    terminal: TerminalSize(columns: 91, rows: 17)))
            await attachment.send(Array("hello\n".utf8))
            let (text, code) = await answer(of: attachment)
            #expect(text.contains("17 91\r\nterminal\r\n"), "\(text)")
            #expect(text.contains("got hello") && code == 0, "\(text)")
        }
    }

    @Test func `a shell in a terminal controls its jobs, and its exit code comes`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(stand, "echo up; sleep 600")
            let attachment = try await stand.cluster.attach(
                lease, rank: 0,
                .command(["/bin/sh"], terminal: TerminalSize(columns: 80, rows: 24)))
            var steps = [
                // A shell may lose what comes while it starts a program; this one does not.
                (
                    "$ ",
                    "python3 -c 'import time; print(\"go-%d\" % 64, flush=True); time.sleep(60)'\n"
                ),
                ("go-64", "\u{3}"),
                ("KeyboardInterrupt", ""), ("$ ", "echo left-$((9*9)); exit 9\n"),
            ]
            var text = ""
            for await chunk in attachment.output {
                text += String(decoding: chunk, as: UTF8.self)
                while let step = steps.first, let found = text.firstRange(of: step.0) {
                    text.removeSubrange(..<found.upperBound)
                    await attachment.send(Array(step.1.utf8))
                    steps.removeFirst()
                }
            }
            #expect(text.contains("left-81"), "\(text)")
            #expect(await attachment.exitCode() == 9)
            await attachment.close()
        }
    }

    @Test func `a terminal takes another size, and its programs are told`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(stand, "echo up; sleep 600")
            let attachment = try await stand.cluster.attach(
                lease, rank: 0,
                .command(
                    [
                        "bash", "-c",
                        "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done",
                    ], terminal: TerminalSize(columns: 80, rows: 24)))
            var text = ""
            for await chunk in attachment.output {
                text += String(decoding: chunk, as: UTF8.self)
                if text.contains("ready") { break }
            }
            await attachment.resize(TerminalSize(columns: 132, rows: 43))
            let (rest, code) = await answer(of: attachment)
            #expect(rest.contains("43 132") && code == 0, "\(rest)")
        }
    }

    @Test func `closing ends it, and so does the lease's end`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(stand, "echo up; sleep 600")
            let flood = try await stand.cluster.attach(
                lease, rank: 0, .command(["sh", "-c", "yes & yes"], terminal: nil))
            for await chunk in flood.output where !chunk.isEmpty { break }
            await flood.close()
            #expect(await flood.exitCode() != 0)
            let waiting = try await stand.cluster.attach(
                lease, rank: 0, .command(["sleep", "600"], terminal: nil))
            try await stand.cluster.stop(lease, grace: .zero)
            #expect(await answer(of: waiting).code != 0)
            _ = try await stand.end(lease)
            await #expect(throws: Failure.self) {
                _ = try await stand.cluster.attach(
                    lease, rank: 0, .command(["true"], terminal: nil))
            }
        }
    }

    @Test func `a port of the work is reached, and only from here`() async throws {
        try await withLocalCluster { stand in
            let lease = try await up(
                stand,
                """
                exec python3 -c 'import socket
                s = socket.create_server(("127.0.0.1", 7070)); print("up", flush=True)
                while True:
                    c, _ = s.accept(); data = b""
                    while True:
                        more = c.recv(4096)
                        if not more: break
                        data += more
                    c.sendall(data[::-1]); c.close()'
                """)
            let attachment = try await stand.cluster.attach(lease, rank: 0, .port(7070))
            await attachment.send(Array("abc".utf8))
            await attachment.finishInput()
            #expect(await answer(of: attachment).text == "cba")
            await #expect(throws: Failure.self) {
                _ = try await stand.cluster.attach(lease, rank: 0, .port(7071))
            }
            #expect(!TCPPort.accepts(7070, host: "127.0.0.1"))
        }
    }
}
