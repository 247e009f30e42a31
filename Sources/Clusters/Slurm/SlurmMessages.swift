import Fleet
import Vocabulary

/// Bodies of slurmrestd `v0.0.38`, as far as we read them.
struct SlurmErrors: Decodable {
    var errors: [Entry]

    struct Entry: Decodable {
        var description: String?
        var error: String?
        var error_code: Int?
        var error_number: Int?

        var number: Int? { error_number ?? error_code }
        var words: String? {
            switch (description, error) {
            case (let one?, let other?) where one != other: "\(other) (\(one))"
            default: description ?? error
            }
        }
    }
}

struct SlurmNodeList: Decodable { var nodes: [SlurmNode] }
struct SlurmJobList: Decodable { var jobs: [SlurmJob] }
struct SlurmSubmitted: Decodable { var jobId: Int }

struct SlurmJob: Decodable {
    var jobId: Int
    var jobState: String
    /// As `wait` gives it: the code in the second byte, the signal in the first.
    var exitCode: Int?
    var startTime: Int64?
    var endTime: Int64?
}

struct SlurmSubmission: Encodable {
    var script: String
    var job: Properties

    /// Names that are understood and not in Slurm's published description: `nodelist` (its own
    /// `required_nodes` is refused), `no_requeue` (its own `requeue` does nothing when false).
    struct Properties: Encodable {
        var name: String
        var comment: String
        var partition: String
        var nodes: [Int]
        var nodelist: String
        var tasks: Int
        var tasksPerNode = 1
        var cpusPerTask: Int
        var memoryPerNode: Int64
        var gres: String?
        /// Minutes.
        var timeLimit: Int64?
        var reservation: String?
        /// A number in words.
        var priority: String
        var noRequeue = true
        var currentWorkingDirectory: String
        var standardOutput: String
        var standardError: String
        var environment: [String: String]

        enum CodingKeys: String, CodingKey {
            case name, comment, partition, nodes, nodelist, tasks, gres, reservation, priority
            case environment
            case tasksPerNode = "tasks_per_node"
            case cpusPerTask = "cpus_per_task"
            case memoryPerNode = "memory_per_node"
            case timeLimit = "time_limit"
            case noRequeue = "no_requeue"
            case currentWorkingDirectory = "current_working_directory"
            case standardOutput = "standard_output"
            case standardError = "standard_error"
        }
    }
}
