import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Capacity = Statements.Capacity

    func lastCapacityEvent(at instant: Instant) throws -> Int64 {
        try rows(Capacity.lastEventAt, instant.microseconds) { $0.whole(0) }.first ?? 0
    }

    func capacityEvents(after first: Int64, through last: Int64) throws -> [CapacityEventRow] {
        try rows(Capacity.eventsThrough, first, last) { row in
            CapacityEventRow(sequence: row.whole(0), at: row.instant(1), document: row.text(2))
        }
    }

    func capacitySnapshot(through sequence: Int64) throws -> CapacitySnapshotRow? {
        try rows(Capacity.snapshotThrough, sequence) { row in
            CapacitySnapshotRow(sequence: row.whole(0), document: row.text(1))
        }.first
    }

    func insert(_ row: SurplusRow) throws {
        try execute(Capacity.insertSurplus, row.minute, row.pool.text, row.document)
    }

    func lastSurplusMinute() throws -> Int64? {
        let found: [Int64?] = try rows(Capacity.lastSurplus) { $0[0] }
        return found.first ?? nil
    }

    func surplusRows(after minute: Int64, _ pool: String, limit: Int) throws -> [SurplusRow] {
        try rows(Capacity.surplus, minute, pool, Int64(limit), read: Self.surplus)
    }

    func surplusRows(
        of pool: PoolName, from: Int64, to: Int64, limit: Int
    ) throws -> [SurplusRow] {
        try rows(Capacity.surplusOfPool, pool.text, from, to, Int64(limit), read: Self.surplus)
    }

    private static func surplus(_ row: Row) throws -> SurplusRow {
        guard let pool = PoolName(row.text(1)) else {
            throw DamagedRow(value: row.text(1), kind: "name of a pool")
        }
        return SurplusRow(minute: row.whole(0), pool: pool, document: row.text(2))
    }
}
