import Glibc

/// What one lease has in the shared directory, as its nodes see it. New files cost a network file
/// system most: there are few of them.
struct LeasePlace {
    let shared: String
    let lease: String

    var path: String { "\(shared)/leases/\(lease)" }
    /// What became of it, a line for each step. Whoever makes it decides: the job that may run the
    /// work, or control that it never runs.
    var record: String { path + "/record" }
    /// Grows only, a line for each order. It is there from the start: a file that appeared later
    /// could stay unseen on a network file system for a while.
    var orders: String { path + "/orders" }
    var workspace: String { path + "/workspace" }
    var slurmLog: String { path + "/slurm.log" }
    func log(_ rank: Int) -> String { "\(path)/log-\(rank)" }
    func told(_ rank: Int) -> String { "\(path)/told-\(rank)" }
    func exit(_ rank: Int) -> String { "\(path)/exit-\(rank)" }
    /// bubblewrap's options, each ended by a NUL, and after them what it said of its processes, a
    /// line: by both somebody enters later.
    func sandbox(_ rank: Int) -> String { "\(path)/sandbox-\(rank)" }

    enum Step: String {
        case started, ended
    }

    /// Adds a line to the record and has control read it: by a second name of the record's, which
    /// is no new file and cannot be there before the line is.
    func tell(_ step: Step, _ line: String) {
        File.write(line, to: record, mode: .append)
        let name = "\(shared)/changes/\(lease).\(step.rawValue)"
        // Not every file system knows second names.
        if link(record, name) != 0, errno != EEXIST { File.write("", to: name) }
    }

    /// Tells all ranks of a gang.
    func order(_ word: String) { File.write(word + "\n", to: orders, mode: .append) }

    /// The orders after the first `count` lines.
    func orders(after count: Int) -> [Substring] {
        guard let text = File.text(orders) else { return [] }
        // What has no end yet is still being written.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return Array(lines.dropFirst(count))
    }
}

/// How a rank ended, or the whole lease, as it is written down.
struct Outcome {
    var cause: String
    /// Since 1970.
    var microseconds: Int64
    var code: Int32
    var words = ""

    init(_ cause: WorkMachine.Cause, at microseconds: Int64, code: Int32) {
        self.cause = cause.rawValue
        self.microseconds = microseconds
        self.code = code
    }

    init(cause: String, at microseconds: Int64, code: Int32, words: String = "") {
        self.cause = cause
        self.microseconds = microseconds
        self.code = code
        self.words = words
    }

    /// nil until the line has an end.
    init?(_ text: String) {
        guard text.hasSuffix("\n") else { return nil }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard words.count >= 3, let microseconds = Int64(words[1]), let code = Int32(words[2])
        else { return nil }
        self.init(
            cause: String(words[0]), at: microseconds, code: code,
            words: words.dropFirst(3).joined(separator: " "))
    }

    var line: String { "\(cause) \(microseconds) \(code) \(words)\n" }

    var isSuccess: Bool { cause == WorkMachine.Cause.exited.rawValue && code == 0 }

    /// Whether signals ended it that nobody of ours has sent.
    var isSignalled: Bool {
        switch WorkMachine.Cause(rawValue: cause) {
        case .cancelled: true
        case .exited: code == 128 + SIGKILL || code == 128 + SIGTERM
        default: false
        }
    }
}

/// Why a lease could not start, for the customer to read.
struct Refusal: Error { var words: String }
