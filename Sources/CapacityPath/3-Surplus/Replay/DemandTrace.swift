package import Vocabulary

/// Recorded demand of one pool, minute by minute: a file for each team, or one of the whole.
///
/// Each file is a table with `t_min` (minutes since any beginning), `total_gpu` and `running_gpu`,
/// and `pending_gpu` if it is known; or `total_nodes` and `active_nodes`. A row holds until the
/// next one: files may have changes alone. Before its first row a team is as in it.
package struct DemandTrace: Sendable {
    /// A minute in a file's first column.
    private struct Change: Sendable {
        var minute: Int64
        var demand: TeamDemand
    }

    private static let minutes: ClosedRange<Int64> = -1_000_000_000...1_000_000_000
    private static let accelerators: ClosedRange<Int64> = 0...100_000_000

    private var changes: [[Change]] = []
    package private(set) var teams: [String] = []
    package private(set) var firstMinute: Int64 = 0
    package private(set) var lastMinute: Int64 = -1

    /// - Parameter files: Their names without endings, which name the teams, and their texts. Files
    ///   without a column `t_min` are passed over.
    /// - Throws: `invalid_request` for a table that is none, or where there is nothing to replay.
    package init(_ files: [(name: String, text: String)]) throws(Failure) {
        for file in files where file.text.hasPrefix("t_min,") {
            let rows = try TraceRows(file.text, file: file.name)
                .map { row throws(Failure) in try Self.change(row, team: file.name) }
            guard !rows.isEmpty else { continue }
            changes.append(rows.sorted { $0.minute < $1.minute })
            teams.append(file.name)
        }
        guard let first = changes.compactMap(\.first?.minute).min(),
            let last = changes.compactMap(\.last?.minute).max()
        else {
            throw Failure(
                .invalidRequest,
                "There is no recorded demand: a table of comma-separated values with the columns "
                    + "t_min, total_gpu, running_gpu and pending_gpu for each team, or t_min, "
                    + "total_nodes and active_nodes.")
        }
        (firstMinute, lastMinute) = (first, last)
    }

    private static func change(_ row: TraceRow, team: String) throws(Failure) -> Change {
        let (total, running) =
            row.columns["total_nodes"] == nil
            ? ("total_gpu", "running_gpu") : ("total_nodes", "active_nodes")
        return Change(
            minute: try row.number("t_min", in: minutes),
            demand: TeamDemand(
                team: team, total: Int(try row.number(total, in: accelerators)),
                running: Int(try row.number(running, in: accelerators)),
                pending: row.columns["pending_gpu"] == nil
                    ? 0 : Int(try row.number("pending_gpu", in: accelerators))))
    }

    /// Only one team's part.
    package func only(_ team: String) throws(Failure) -> DemandTrace {
        guard let index = teams.firstIndex(of: team) else {
            throw Failure(
                .notFound,
                "There is no team '\(team)' in the trace; there is "
                    + teams.joined(separator: ", ") + ".")
        }
        var copy = self
        copy.changes = [changes[index]]
        copy.teams = [team]
        return copy
    }

    /// Gives every minute's sample in turn.
    package func eachMinute(_ body: (Int64, DemandSample) -> Void) {
        var next = Array(repeating: 0, count: changes.count)
        guard firstMinute <= lastMinute else { return }
        for minute in firstMinute...lastMinute {
            var sample = DemandSample(teams: [])
            for file in changes.indices {
                while next[file] < changes[file].count, changes[file][next[file]].minute <= minute {
                    next[file] += 1
                }
                sample.teams.append(changes[file][max(0, next[file] - 1)].demand)
            }
            body(minute, sample)
        }
    }
}
