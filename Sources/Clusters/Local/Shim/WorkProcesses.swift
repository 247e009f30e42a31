import Foundation
import Glibc

/// The processes of one sandbox, found by their namespace of processes, which its work cannot
/// leave.
struct WorkProcesses {
    struct Process: Hashable {
        var id: Int32
        var parent: Int32
        /// Signals that it has a handler for, a bit each.
        var caught: UInt64
    }

    /// The sandbox's first process: bubblewrap's, which ends with the work.
    let first: Int32
    let namespace: String

    init?(first: Int32) {
        guard let namespace = Self.namespace(of: first) else { return nil }
        self.first = first
        self.namespace = namespace
    }

    init(_ running: RunningRecord) {
        first = running.process
        namespace = running.namespace
    }

    static func namespace(of process: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")
    }

    private static let endPatience = Duration.seconds(10)

    /// The kernel ends all others with the first.
    func killAll() {
        // Its number may have become another's.
        if Self.namespace(of: first) == namespace { kill(first, SIGKILL) }
    }

    /// Ends what is left, and waits until it is gone: bubblewrap answers when the work's first
    /// program has ended, which is a moment before the kernel has ended all others.
    func awaitEnd() {
        killAll()
        let deadline = ContinuousClock.now + Self.endPatience
        while Self.namespace(of: first) == namespace, Self.lives(first),
            ContinuousClock.now < deadline
        {
            usleep(500)
        }
    }

    /// Whether a process is there, and more than an entry that nobody has collected yet.
    static func lives(_ process: Int32) -> Bool {
        let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The name in parentheses may have anything in it.
        guard let text, let name = text.lastIndex(of: ")") else { return false }
        let state = text[text.index(after: name)...].first { $0 != " " }
        return state != "Z" && state != "X"
    }

    /// Tells the work of a notice. Only who has a handler is told: for everybody else the signal
    /// would be the end.
    func notify() {
        for process in all() where Self.catches(process, SIGUSR1) { kill(process.id, SIGUSR1) }
    }

    func terminate() {
        for process in Self.toTerminate(all()) { kill(process, SIGTERM) }
    }

    /// Whom `SIGTERM` goes to: everybody, but not those without a handler above one that has one.
    /// A shell that only waits for a program would otherwise end before it, and all with the shell.
    static func toTerminate(_ all: [Process]) -> [Int32] {
        let byID = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var spared: Set<Int32> = []
        for process in all where catches(process, SIGTERM) {
            var above = byID[process.parent]
            while let parent = above, !spared.contains(parent.id) {
                if !catches(parent, SIGTERM) { spared.insert(parent.id) }
                above = byID[parent.parent]
            }
        }
        return all.map(\.id).filter { !spared.contains($0) }
    }

    private static func catches(_ process: Process, _ signal: Int32) -> Bool {
        process.caught & (1 << UInt64(signal - 1)) != 0
    }

    private func all() -> [Process] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }
            .filter { $0 != first && Self.namespace(of: $0) == namespace }
            .compactMap(Self.process)
    }

    private static func process(_ id: Int32) -> Process? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8) else {
            return nil
        }
        var process = Process(id: id, parent: 0, caught: 0)
        for line in text.split(separator: "\n") {
            let value = line.split(separator: "\t").last.map(String.init) ?? ""
            if line.hasPrefix("PPid:") { process.parent = Int32(value) ?? 0 }
            if line.hasPrefix("SigCgt:") { process.caught = UInt64(value, radix: 16) ?? 0 }
        }
        return process
    }
}
