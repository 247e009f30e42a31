import Commands
import Foundation
import Vocabulary

/// The recorded work of one internal team: how many accelerators it used in each minute, cut into
/// jobs that begin and end when the number rises and falls.
struct DemoTeams {
    struct Job {
        /// Minutes from the trace's beginning.
        var from: Int64
        var to: Int64
        var accelerators: Int
    }

    /// What ends sooner is left out: it is a tenth of a percent of the time.
    private static let shortest: Int64 = 10

    let name: String
    /// What the team was given in the recorded fleet.
    let capacity: Int
    let jobs: [Job]

    /// - Parameter directory: With a file TEAM.csv.gz for each team.
    static func load(_ directory: String) throws -> [DemoTeams] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            .filter { $0.hasSuffix(".csv.gz") }
        return try names.map { name in
            let path = directory + "/" + name
            let bytes = try Gzip.content(
                Array(try Data(contentsOf: URL(fileURLWithPath: path))), of: path)
            return try DemoTeams(
                name: String(name.prefix { $0 != "." }), String(decoding: bytes, as: UTF8.self))
        }
    }

    init(name: String, _ text: String) throws {
        var capacity = 0
        var jobs: [Job] = []
        var open: [(from: Int64, accelerators: Int)] = []
        var level = 0
        var last: Int64 = 0
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",").map { Int64($0) }
            guard fields.count >= 3, let minute = fields[0], let total = fields[1],
                let running = fields[2]
            else { throw Failure(.invalidRequest, "\(name): '\(line)' is no line of the trace.") }
            capacity = max(capacity, Int(total))
            last = minute
            if running > level { open.append((minute, Int(running) - level)) }
            while running < level, let top = open.last {
                let count = min(level - Int(running), top.accelerators)
                jobs.append(Job(from: top.from, to: minute, accelerators: count))
                open[open.count - 1].accelerators -= count
                if open[open.count - 1].accelerators == 0 { open.removeLast() }
                level -= count
            }
            level = Int(running)
        }
        for rest in open {
            jobs.append(Job(from: rest.from, to: last + 1, accelerators: rest.accelerators))
        }
        self.name = name
        self.capacity = capacity
        self.jobs = jobs.filter { $0.to - $0.from >= Self.shortest }
    }
}
