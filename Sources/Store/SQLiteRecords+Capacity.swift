import Fleet
import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Capacity = Statements.Capacity

    func insert(_ event: CapacityEventRow) throws {
        try execute(Capacity.insertEvent, event.sequence, event.at.microseconds, event.document)
    }

    func lastCapacityEvent() throws -> Int64 {
        try rows(Capacity.lastEvent) { $0.whole(0) }.first ?? 0
    }

    func eachCapacityEvent(
        after sequence: Int64, _ body: (CapacityEventRow) throws -> Void
    ) throws {
        try each(Capacity.events, [sequence]) { row in
            try body(
                CapacityEventRow(
                    sequence: row.whole(0), at: row.instant(1), document: row.text(2)))
        }
    }

    func insert(_ snapshot: CapacitySnapshotRow) throws {
        try execute(Capacity.insertSnapshot, snapshot.sequence, snapshot.document)
    }

    func latestCapacitySnapshot() throws -> CapacitySnapshotRow? {
        try rows(Capacity.latestSnapshot) { row in
            CapacitySnapshotRow(sequence: row.whole(0), document: row.text(1))
        }.first
    }

    func insert(_ note: CapacityNoteRow) throws {
        try execute(
            Capacity.insertNote, note.sequence, note.event, note.at.microseconds, note.subject,
            note.text)
    }

    func lastCapacityNote() throws -> Int64 {
        try rows(Capacity.lastNote) { $0.whole(0) }.first ?? 0
    }

    func capacityNotes(
        about subject: String?, after sequence: Int64, limit: Int
    ) throws -> [CapacityNoteRow] {
        let read = { (row: Row) in
            CapacityNoteRow(
                sequence: row.whole(0), event: row.whole(1), at: row.instant(2),
                subject: row.text(3), text: row.text(4))
        }
        guard let subject else { return try rows(Capacity.notes, sequence, limit, read: read) }
        return try rows(Capacity.notesAbout, subject, sequence, limit, read: read)
    }

    func insert(_ day: PoolDayRow) throws {
        try execute(Capacity.insertPoolDay, day.pool.text, day.day, day.document)
    }

    func poolDays(from: Int64, to: Int64) throws -> [PoolDayRow] {
        try rows(Capacity.poolDays, from, to) { row in
            PoolDayRow(
                pool: try row.parsed(0, "pool") { PoolName($0) }, day: row.whole(1),
                document: row.text(2))
        }
    }

    func insert(_ row: OrderRow) throws {
        let order = row.order
        try execute(
            Capacity.insertOrder, row.sequence, "\(order.id)", "\(order.organization)",
            "\(order.project)", order.pool.text, order.placedAt.microseconds, Self.json(order))
    }

    func lastOrder() throws -> Int64 {
        try rows(Capacity.lastOrder) { $0.whole(0) }.first ?? 0
    }

    func order(_ id: OrderID) throws -> OrderRow? {
        try rows(Capacity.order, "\(id)", read: Self.order).first
    }

    func orders(_ filter: OrderFilter) throws -> [OrderRow] {
        try rows(
            Capacity.orders, filter.after, filter.organization.map { "\($0)" },
            filter.project.map { "\($0)" }, filter.pool?.text,
            filter.limit.map(Int64.init) ?? .max, read: Self.order)
    }

    func insertRefused(_ order: Order, as demand: String) throws {
        try execute(
            Capacity.insertRefused, demand, order.placedAt.microseconds, Self.json(order))
    }

    func isRefused(_ demand: String) throws -> Bool {
        try !rows(Capacity.isRefused, demand) { $0.whole(0) }.isEmpty
    }

    func refusedOrders(before instant: Instant) throws -> [Order] {
        try rows(Capacity.refused, instant.microseconds) { row in
            var order = try Self.decoded(Order.self, from: row.text(1))
            order.placedAt = row.instant(0)
            return order
        }
    }

    private static func order(_ row: Row) throws -> OrderRow {
        var order = try decoded(Order.self, from: row.text(2))
        // JSON keeps milliseconds.
        order.placedAt = row.instant(1)
        return OrderRow(sequence: row.whole(0), order: order)
    }
}
