import Glibc

/// The program that runs one lease on its nodes: the only thing of ours that a node needs, beside
/// bubblewrap. It claims the start, shuts the work in, and writes down when it began and ended.
///
/// Neither Foundation nor anything else of ours is in it: it starts in a millisecond, and on a
/// small machine each program that a job starts costs more than all the rest.
package enum Worker {
    static let partVariable = "SPILLWAY_PART"
    static let rankPart = "rank"

    /// `spillway-worker DIRECTORY`: runs the lease whose directory that is, as the batch script of
    /// its job or, under srun, as one rank of its gang.
    package static func main() -> Never {
        umask(0o077)
        let arguments = CommandLine.arguments
        if arguments.count > 2, arguments[1] == Joining.word { join(arguments[2...]) }
        // A script whose first line names us has its own path as one more argument.
        guard arguments.count >= 2, let bytes = File.bytes(arguments[1] + "/run"),
            let assignment = Assignment(bytes)
        else {
            File.write(
                "usage: spillway-worker LEASE-DIRECTORY, with `run` in it\n", to: "/dev/stderr")
            exit(2)
        }
        let place = LeasePlace(shared: assignment.shared, lease: assignment.lease)
        if File.variable(partVariable) == rankPart { runRank(assignment, place) }
        run(assignment, place)
    }

    private static func join(_ words: ArraySlice<String>) -> Never {
        guard let mark = words.firstIndex(of: "--"), let joining = Joining(words[..<mark]) else {
            exit(Joining.failure)
        }
        joining.run(Array(words[(mark + 1)...]))
    }

    private static func run(_ assignment: Assignment, _ place: LeasePlace) -> Never {
        // Whoever makes the record may run the work, and nobody else ever.
        let job = File.variable("SLURM_JOB_ID") ?? "0"
        let claim = "job \(job) \(Clock.now)\n"
        guard File.write(claim, to: place.record, mode: .new) else { exit(0) }
        let outcome = ending { () throws(Refusal) in
            guard assignment.nodes.count > 1 else {
                var rank = Rank(assignment, place, number: 0)
                return try rank.run()
            }
            return try Gang(assignment, place).run()
        }
        place.tell(.ended, "ended \(outcome.line)")
        exit(outcome.code)
    }

    private static func runRank(_ assignment: Assignment, _ place: LeasePlace) -> Never {
        let node = File.variable("SLURMD_NODENAME") ?? ""
        guard let number = assignment.nodes.firstIndex(of: node) else { exit(Joining.failure) }
        let outcome = ending { () throws(Refusal) in
            var rank = Rank(assignment, place, number: number)
            return try rank.run()
        }
        File.write(outcome.line, to: place.exit(number))
        exit(outcome.code)
    }

    private static func ending(_ work: () throws(Refusal) -> Outcome) -> Outcome {
        do {
            return try work()
        } catch {
            return Outcome(cause: "refused", at: Clock.now, code: 1, words: error.words)
        }
    }
}
