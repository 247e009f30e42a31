package import CapacityPath
import Fleet
import Foundation
import Logging
import Records
import Vocabulary

/// The capacity path's owner: each event is folded, its money posted and itself written down in
/// one transaction, so that all of it happened or none. What clusters are to do follows after.
extension ControlService {
    /// Events between two snapshots of the state.
    static let capacitySnapshotInterval: Int64 = 5000
    /// The longest time between two, where surplus is planned.
    static let snapshotAge = Duration.seconds(86_400)

    /// Takes events in their order.
    ///
    /// - Returns: false where they could not be written down: they must be given again.
    @discardableResult
    package func take(_ events: [CapacityEvent]) -> Bool {
        do {
            try transactCapacity { records in
                for event in events { try fold(event, records) }
            }
            return true
        } catch {
            logger.error(
                "capacity events were not taken",
                metadata: ["count": "\(events.count)", "error": "\(error)"])
            return false
        }
    }

    /// Runs `body`, which folds events, in one transaction, and then gives clusters the commands
    /// that came of it. After an error the state is what the records say.
    func transactCapacity<Result>(
        _ body: (any Recorder) throws -> Result
    ) throws -> Result {
        do {
            let result = try transact { try body($0) }
            capacityChanged()
            return result
        } catch {
            rental.commands = []
            rental.ended = []
            try reloadCapacity()
            throw error
        }
    }

    private func capacityChanged() {
        let commands = rental.commands
        rental.commands = []
        rental.ended = []
        for (cluster, action) in commands {
            rental.clusters[cluster]?.driver.submit(action)
            rental.follower?(cluster, action)
        }
    }

    /// Folds one event, with all that follows from it about money.
    func fold(_ event: CapacityEvent, _ records: any Recorder) throws {
        var events = [event]
        while !events.isEmpty {
            let event = events.removeFirst()
            // Time never runs backwards in the record, whatever the machine's clock does.
            let now = max(clock.now(), rental.lastEventAt)
            rental.lastEventAt = now
            rental.sequence += 1
            try records.insert(
                CapacityEventRow(
                    sequence: rental.sequence, at: now, document: try Self.json(event)))
            var answers: [CapacityEvent] = []
            for action in rental.path.handle(event, at: now) {
                switch action {
                case .money(let action):
                    if let answer = try carryOut(action, records) { answers.append(answer) }
                case .cluster(let cluster, let action): rental.commands.append((cluster, action))
                case .note(let note): try write(note, at: now, records)
                case .surplus(let record): try keep(record, records)
                case .keep(let pool, let day):
                    try records.insert(
                        PoolDayRow(pool: pool, day: day.day, document: try Self.json(day.sums)))
                }
            }
            events.insert(contentsOf: answers, at: 0)
        }
        try keepEndedOrders(records)
        try snapshotCapacityIfDue(records)
    }

    private func write(
        _ note: CapacityNote, at now: Instant, _ records: any Recorder
    ) throws {
        rental.noteSequence += 1
        try records.insert(
            CapacityNoteRow(
                sequence: rental.noteSequence, event: rental.sequence, at: now,
                subject: note.subject.text, text: note.text))
        if case .order(let id) = note.subject { rental.ended.append(id) }
    }

    private func snapshotCapacityIfDue(_ records: any Recorder) throws {
        // Where little happens the minutes between count: a start looks at each again.
        let isDue =
            rental.sequence - rental.snapshotSequence >= Self.capacitySnapshotInterval
            || (rental.path.isPlanning
                && rental.lastEventAt - rental.snapshotAt >= Self.snapshotAge)
        guard isDue, rental.sequence > rental.snapshotSequence else { return }
        try records.insert(
            CapacitySnapshotRow(sequence: rental.sequence, document: try Self.json(rental.path)))
        rental.snapshotSequence = rental.sequence
        rental.snapshotAt = rental.lastEventAt
    }

    /// The state as the records have it. What clusters were told may be told again.
    private func reloadCapacity() throws {
        let fresh = try records.read { try Rental($0) }
        rental.path = fresh.path
        rental.sequence = fresh.sequence
        rental.snapshotSequence = fresh.snapshotSequence
        rental.snapshotAt = fresh.snapshotAt
        rental.surplusThrough = fresh.surplusThrough
        rental.noteSequence = fresh.noteSequence
        rental.orderSequence = fresh.orderSequence
        rental.lastEventAt = max(fresh.lastEventAt, rental.lastEventAt)
    }

    /// Carries out what an event means for money; the answer is an event of its own.
    private func carryOut(
        _ action: MoneyAction, _ records: any Recorder
    ) throws -> CapacityEvent? {
        switch action {
        case .hold(let lease, let through, let amount):
            let isHeld = try hold(
                lease, of: try orderOf(lease), through: through, amount: amount, records)
            return isHeld ? .moneyHeld(lease, through: through) : .moneyShort(lease)
        case .charge(let charge): try self.charge(charge, of: try orderOf(charge.lease), records)
        case .release(let lease): try release(lease, of: try orderOf(lease), records)
        case .credit(let credit): try self.credit(credit, of: try orderOf(credit.lease), records)
        }
        return nil
    }

    private func orderOf(_ lease: LeaseID) throws(Failure) -> Order {
        guard let grant = rental.path.lease(lease, at: clock.now())?.grant,
            let order = rental.path.order(grant.order, at: clock.now())?.order
        else { throw Failure(.internalError, "The lease \(lease) belongs to no order.") }
        return order
    }
}

extension CapacityNote.Subject {
    /// As it is looked up in the records.
    var text: String {
        switch self {
        case .order(let id): "\(id)"
        case .lease(let id): "\(id)"
        case .node(let name): "node/\(name)"
        case .pool(let name): "pool/\(name)"
        }
    }
}
