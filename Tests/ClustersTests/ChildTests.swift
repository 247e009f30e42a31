import Clusters
import Foundation
import Glibc
import Logging
import Synchronization
import TestKit
import Testing

/// Real processes.
@Suite(.timeLimit(.minutes(10)))
struct ChildTests {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let quick = RestartPolicy(
        firstDelay: .milliseconds(10), longestDelay: .milliseconds(20))

    func child(
        _ script: String, in directory: URL,
        onChange: @escaping @Sendable (Child.Change) -> Void = { _ in }
    ) -> Child {
        Child(
            command: ProcessCommand(
                label: "script", executable: "/bin/sh", arguments: ["-c", script],
                environment: ["WORD": "hello"]),
            policy: Self.quick, launcher: .system(logDirectory: directory.path),
            logger: Self.quiet, onChange: onChange)
    }

    @Test func `its words go to its log, and its end is told`() async throws {
        try await withTemporaryDirectory { directory in
            let changes = Changes()
            let child = child("echo $WORD; echo bad >&2; exit 3", in: directory) {
                changes.append($0)
            }
            async let running: Void = child.run()
            try await eventually("two ends") { changes.exits.count >= 2 }
            child.kill()
            await running
            #expect(changes.exits.first == "exit code 3")
            let log = ProcessLog(path: directory.path + "/script.log")
            #expect(log.lastLines(1000).starts(with: ["hello", "bad", "hello", "bad"]))
        }
    }

    @Test func `killed from outside, it is started again`() async throws {
        try await withTemporaryDirectory { directory in
            let changes = Changes()
            let child = child("exec sleep 600", in: directory) { changes.append($0) }
            async let running: Void = child.run()
            try await eventually("a process") { child.processID != nil }
            let first = try #require(child.processID)
            #expect(getpgid(first) == first)
            kill(first, SIGKILL)
            try await eventually("another process") {
                child.processID.map { $0 != first } ?? false
            }
            child.stop(grace: .seconds(10))
            await running
            #expect(changes.exits == ["signal 9", "signal 15"])
        }
    }

    @Test func `one that does not listen is killed after its grace`() async throws {
        try await withTemporaryDirectory { directory in
            let changes = Changes()
            let child = child(
                "trap '' TERM; echo deaf; while :; do sleep 0.01; done", in: directory
            ) { changes.append($0) }
            async let running: Void = child.run()
            let log = ProcessLog(path: directory.path + "/script.log")
            try await eventually("it is deaf") { log.lastLines(1) == ["deaf"] }
            child.stop(grace: .milliseconds(100))
            await running
            #expect(changes.exits == ["signal 9"])
        }
    }

    @Test func `what cannot be started is told`() async throws {
        try await withTemporaryDirectory { directory in
            let changes = Changes()
            let child = Child(
                command: ProcessCommand(label: "none", executable: "/no/such/program"),
                policy: Self.quick, launcher: .system(logDirectory: directory.path),
                logger: Self.quiet, onChange: { changes.append($0) })
            async let running: Void = child.run()
            try await eventually("an end") { !changes.exits.isEmpty }
            child.kill()
            await running
            #expect(
                ProcessLog(path: directory.path + "/none.log").lastLines(1)
                    .contains { $0.contains("/no/such/program") })
        }
    }
}

final class Changes: Sendable {
    private let all = Mutex<[Child.Change]>([])

    func append(_ change: Child.Change) { all.withLock { $0.append(change) } }

    var exits: [String] {
        all.withLock { changes in
            changes.compactMap { if case .exited(let how, _) = $0 { how } else { nil } }
        }
    }
}
