import Fleet
import Glibc
import Vocabulary

/// Slurm's own programs, for what slurmrestd cannot do. Each call ends within its limit: they wait
/// for long when slurmctld is silent.
struct SlurmCommands: Sendable {
    enum Limit {
        static let seconds = 10
        static let outputBytes = 64 << 20
    }

    let configuration: String

    init(_ declaration: SlurmDeclaration) { configuration = declaration.configuration }

    /// Before each: which cluster is meant, and times that mean the same everywhere.
    func environment(_ command: [String]) -> [String] {
        ["env", "SLURM_CONF=\(configuration)", "TZ=UTC", "SLURM_TIME_FORMAT=%s"] + command
    }

    /// What it prints. Throws ``Failure`` with what it says when it fails: `unavailable` where
    /// slurmctld does not answer.
    @discardableResult
    func run(_ command: [String]) async throws(Failure) -> String {
        try await Blocking.run { () throws(Failure) in
            let answer = try Self.output(
                ["timeout", "--kill-after=1", "\(Limit.seconds)"] + self.environment(command))
            if answer.code == 0 { return answer.text }
            throw SlurmProblem(
                number: nil,
                words: answer.code == 124
                    ? "no answer from slurmctld in \(Limit.seconds) s" : Self.said(answer.text)
            ).failure("\(command.prefix(2).joined(separator: " "))")
        }
    }

    private static func output(_ command: [String]) throws(Failure) -> (code: Int32, text: String) {
        let (output, theirs) = try Descriptors.pipe()
        defer { close(output) }
        let process: pid_t
        do throws(Failure) {
            process = try Spawn.start(command, descriptors: [1: theirs, 2: theirs])
        } catch {
            close(theirs)
            throw error
        }
        close(theirs)
        let text = try Descriptors.readAll(output, limit: Limit.outputBytes)
        return (Spawn.wait(process), String(decoding: text, as: UTF8.self))
    }

    /// Without the name of the program in front of each line.
    private static func said(_ text: String) -> String {
        let lines = text.split(separator: "\n").map { line in
            let words = line.split(separator: ": ", maxSplits: 2, omittingEmptySubsequences: false)
            return words.count == 3 && words[1] == "error" ? String(words[2]) : String(line)
        }
        return String(lines.joined(separator: "; ").prefix(500))
    }
}

/// What Slurm says is wrong.
struct SlurmProblem: Error, Hashable, Sendable {
    /// Of `slurm_errno.h`.
    var number: Int?
    var words: String

    private static let noSuchJob = [2017, 2021]

    /// The job is not known any more, or has ended.
    var isNoSuchJob: Bool {
        number.map(Self.noSuchJob.contains) ?? words.contains("Invalid job id")
    }

    /// slurmctld cannot be reached or does not answer.
    var isSilence: Bool {
        if let number, (1000..<1100).contains(number) || (1800..<1900).contains(number) {
            return true
        }
        let lower = words.lowercased()
        return [
            "unable to contact", "connection refused", "connect failure", "socket timed out",
            "no answer from", "timed out", "zero bytes were transmitted",
            // slurmrestd's, where it could not ask slurmctld.
            "unspecified error",
        ].contains { lower.contains($0) }
    }

    /// It would be taken at another time: a node is down, drained or reserved just now.
    var isPassing: Bool {
        let lower = words.lowercased()
        return ["required node not available", "requested nodes are busy"].contains {
            lower.contains($0)
        }
    }

    func failure(_ what: String) -> Failure {
        if isSilence {
            return Failure(
                .unavailable, "Slurm does not answer (\(what)): \(words)",
                retry: .after(.seconds(2)))
        }
        if isPassing {
            return Failure(
                .unavailable, "Slurm does not take it now (\(what)): \(words)",
                retry: .after(.seconds(2)))
        }
        return Failure(.engineFailed, "Slurm refused (\(what)): \(words)")
    }
}
