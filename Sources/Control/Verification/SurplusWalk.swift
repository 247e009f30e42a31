import CapacityPath
import Foundation
import Records
import Vocabulary

/// Compares what was recorded of the surplus with what the fold of the events decides, one after
/// the other: both are in the order of minutes, then of pools.
struct SurplusWalk {
    private static let batch = 2000

    private let records: any RecordReader
    private var rows: ArraySlice<SurplusRow> = []
    private var last: (minute: Int64, pool: String) = (.min, "")
    private var checked: Int64 = 0
    private var problems: [String] = []

    init(_ records: any RecordReader) { self.records = records }

    private mutating func next() throws -> SurplusRow? {
        if rows.isEmpty {
            rows = try records.surplusRows(
                after: last.minute, last.pool, limit: Self.batch)[...]
        }
        guard let row = rows.popFirst() else { return nil }
        last = (row.minute, row.pool.text)
        return row
    }

    mutating func follow(_ record: SurplusRecord) throws {
        checked += 1
        let at = Instant(minute: record.minute)
        guard let row = try next() else {
            problems.append("the decision about \(record.pool) of \(at) is not recorded")
            return
        }
        let kept = try JSONDecoder().decode(SurplusRecord.self, from: Data(row.document.utf8))
        guard kept != record else { return }
        problems.append(
            kept.pool == record.pool && kept.minute == record.minute
                ? "the decision about \(record.pool) of \(at) is recorded as another one"
                : "recorded is a decision about \(row.pool) of \(Instant(minute: row.minute)), "
                    + "decided is one about \(record.pool) of \(at)")
    }

    /// What is recorded and was not decided is a fault as well.
    mutating func end(_ finding: Finding) throws -> Finding {
        var finding = finding
        checked += 1
        while let row = try next() {
            problems.append(
                "nothing leads to the decision about \(row.pool) of "
                    + "\(Instant(minute: row.minute))")
        }
        for _ in 0..<checked { finding.check(true, "") }
        for problem in problems { finding.fail(problem) }
        return finding
    }
}
