import CapacityPath
import Fleet
import Vocabulary

/// What has been written down of one lease: who took its start, when its work began, how it ended.
/// A line counts when it is whole.
struct SlurmRecord: Hashable, Sendable {
    enum Claim: Hashable {
        case job(Int)
        /// Control was first: the work never begins.
        case stopped
    }

    /// nil where whoever has made the record is just writing.
    private(set) var claim: Claim?
    /// When the work began, as its worker saw the sandbox stand; nil where it has not.
    private(set) var began: Instant?
    private(set) var end: SlurmStamp?

    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "job" where words.count >= 2: claim = Int(words[1]).map { .job($0) }
            case "stopped": claim = .stopped
            case "began" where words.count >= 2:
                began = Int64(words[1]).map { Instant(microseconds: $0) }
            case "ended": end = SlurmStamp(words.dropFirst())
            default: break
            }
        }
    }
}

/// The end of a lease in its worker's words.
struct SlurmStamp: Hashable, Sendable {
    var cause: String
    var at: Instant
    var code: Int32
    var words: String

    /// A cause, microseconds since 1970, an exit code and words; nil for less.
    init?(_ words: some Collection<String>) {
        let all = Array(words)
        guard all.count >= 3, let microseconds = Int64(all[1]), let code = Int32(all[2]) else {
            return nil
        }
        cause = all[0]
        at = Instant(microseconds: microseconds)
        self.code = code
        self.words = all.dropFirst(3).joined(separator: " ")
    }

    private static let fileTooLarge: Int32 = 25

    /// Whether ranks of a gang have vanished.
    var isLost: Bool { cause == "lost" }

    func end(startedAt: Instant?) -> LeaseEnd {
        LeaseEnd(
            startedAt: cause == "refused" ? nil : startedAt, endedAt: at, cause: causeOfEnd)
    }

    private var causeOfEnd: LeaseEnd.Cause {
        switch cause {
        case "exited" where code > 128 && code <= 128 + 64: .signalled(code - 128)
        case "exited": .exited(code)
        case "stopped": .stopped
        case "limit": .timeLimit
        case "memory": .outOfMemory
        // The signal by which the kernel ends a program that writes beyond its limit.
        case "disk": .signalled(Self.fileTooLarge)
        case "refused": .startFailed(words)
        default: .nodeFailed(nil)
        }
    }
}
