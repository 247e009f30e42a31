import Fleet
import Foundation
import GRDB
import Metering
import Records
import Store
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct CapacityStoreTests {
    private static let organization = OrganizationID(high: 1, low: 1)
    private static let project = ProjectID(high: 1, low: 2)
    private static let lease = LeaseID(high: 1, low: 3)
    private static let order = OrderID.job(JobID(high: 1, low: 4))
    private static let odd = Instant(microseconds: Instant.noon.microseconds + 123_456)

    /// A store with one organization.
    private func withStore(_ body: (SQLiteStore) throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteStore(
                path: directory.appendingPathComponent("records.sqlite").path)
            try store.write { try $0.insert(Self.customer) }
            try body(store)
            try store.close()
        }
    }

    private static let customer = OrganizationRow(
        id: organization, name: "Acme", isInternal: false, firstProject: project,
        createdAt: .noon)

    private static func stretch(
        _ sequence: Int, from: Int64, to: Int64, lease: LeaseID = lease, unbilled: String? = nil
    ) throws -> ComputeStretch {
        ComputeStretch(
            lease: lease, order: order, sequence: sequence, organization: organization,
            project: project, pool: try #require(PoolName("h100")), entry: "h100",
            purchaseClass: .onDemand, nodes: 2, fromSecond: from, toSecond: to, startedAt: odd,
            accelerators: Accelerators(thousandths: 16_250), priceVersion: 3,
            pricePerHour: try #require(Money("6.16")),
            amount: try #require(Money("0.000000000000000001")), unbilledReason: unbilled)
    }

    @Test func `stretches of a lease come back as they were written, by lease and by order`()
        async throws
    {
        try await withStore { store in
            let other = LeaseID(high: 1, low: 9)
            let rows = [
                ComputeChargeRow(
                    sequence: 1, stretch: try Self.stretch(1, from: 0, to: 60, lease: other)),
                ComputeChargeRow(sequence: 2, stretch: try Self.stretch(1, from: 0, to: 60)),
                ComputeChargeRow(
                    sequence: 3,
                    stretch: try Self.stretch(2, from: 60, to: 61, unbilled: "our_failure")),
            ]
            try store.write { records in for row in rows { try records.insert(row) } }
            try store.read { records in
                #expect(try records.computeCharges(of: Self.lease) == Array(rows[1...]))
                #expect(try records.computeCharges(of: Self.order) == rows)
                #expect(try records.leaseSoFar(Self.lease) == (2, 61))
                #expect(try records.leaseSoFar(LeaseID(high: 5, low: 5)) == (0, 0))
                #expect(try records.lastCapacityCharge() == 3)
                var found: [ComputeChargeRow] = []
                try records.eachComputeChargeByLease { found.append($0) }
                #expect(found == [rows[1], rows[2], rows[0]])
                found = []
                let end = rows[2].stretch.lastInstant
                try records.eachComputeCharge(CapacityChargeFilter(from: end)) { found.append($0) }
                #expect(found == [rows[2]])
                found = []
                try records.eachComputeCharge(
                    CapacityChargeFilter(organization: Self.organization, to: end, limit: 1)
                ) { found.append($0) }
                #expect(found == [rows[0]])
            }
            // The same stretch of the same lease is a stretch that is there already.
            #expect(throws: (any Error).self) {
                try store.write {
                    try $0.insert(
                        ComputeChargeRow(
                            sequence: 4, stretch: try Self.stretch(2, from: 61, to: 62)))
                }
            }
        }
    }

    @Test func `volumes and credits share the sequence of charges`() async throws {
        try await withStore { store in
            let volume = VolumeID(high: 2, low: 1)
            let kept = StorageChargeRow(
                sequence: 7,
                stretch: StorageStretch(
                    volume: volume, sequence: 1, organization: Self.organization,
                    project: Self.project, entry: "volumes", from: .noon, to: Self.odd,
                    mebibytes: 12, priceVersion: 3, perGiBMonth: .cents(7), amount: .cents(1),
                    unbilledReason: StorageStretch.outOfMoney))
            let credit = ServiceCreditRow(
                sequence: 9,
                credit: ServiceCredit(
                    lease: Self.lease, sequence: 1, order: Self.order,
                    organization: Self.organization, project: Self.project, entry: "h100",
                    purchaseClass: .spot, reason: "reclaimed_early", amount: .cents(3),
                    at: Self.odd))
            try store.write {
                try $0.insert(kept)
                try $0.insert(credit)
            }
            try store.read { records in
                #expect(try records.lastCapacityCharge() == 9)
                #expect(try records.lastStorageCharge(of: volume) == kept)
                #expect(try records.serviceCredits(of: Self.lease) == [credit])
                var kinds: [String] = []
                // Half-open, by its last instant: the stretch ends just before the credit.
                try records.eachStorageCharge(CapacityChargeFilter(to: Self.odd)) { _ in
                    kinds.append("volume")
                }
                try records.eachServiceCredit(CapacityChargeFilter(to: Self.odd)) { _ in
                    kinds.append("credit")
                }
                try records.eachStorageCharge(CapacityChargeFilter(from: Self.odd)) { _ in
                    kinds.append("late volume")
                }
                try records.eachServiceCredit(CapacityChargeFilter(from: Self.odd)) { _ in
                    kinds.append("late credit")
                }
                #expect(kinds == ["volume", "late credit"])
            }
        }
    }

    @Test func `events, notes, orders and settled leases come back as they were written`()
        async throws
    {
        try await withStore { store in
            let pool = try #require(PoolName("h100"))
            let order = Order(
                id: Self.order, organization: Self.organization, project: Self.project,
                key: APIKeyID(high: 3, low: 3), isInternal: false, pool: pool,
                purchaseClass: .spot,
                shape: GangShape(nodes: 2, acceleratorsPerNode: .whole(8), oneBlock: true),
                content: .reservation(from: .noon, to: Self.odd),
                price: CapacityPrice(
                    perAcceleratorHour: .dollars(2), version: 3, entry: "h100"),
                placedAt: Self.odd)
            let settled = SettledLeaseRow(
                lease: Self.lease, order: Self.order, organization: Self.organization,
                at: Self.odd, charges: 4, seconds: 99)
            let notes = ["job", "pool"].enumerated().map { index, subject in
                CapacityNoteRow(
                    sequence: Int64(index + 1), event: 1, at: Self.odd, subject: subject,
                    text: "it's \(subject)")
            }
            try store.write { records in
                for sequence: Int64 in 1...3 {
                    try records.insert(
                        CapacityEventRow(
                            sequence: sequence, at: Self.odd, document: "{\"\(sequence)\":1}"))
                }
                try records.insert(CapacitySnapshotRow(sequence: 1, document: "one"))
                try records.insert(CapacitySnapshotRow(sequence: 2, document: "two"))
                for note in notes { try records.insert(note) }
                try records.insert(OrderRow(sequence: 1, order: order))
                try records.insert(settled)
            }
            try store.read { records in
                var events: [Int64] = []
                try records.eachCapacityEvent(after: 1) { events.append($0.sequence) }
                #expect(events == [2, 3])
                #expect(try records.lastCapacityEvent() == 3)
                #expect(try records.latestCapacitySnapshot()?.document == "two")
                #expect(try records.capacityNotes(about: nil, after: 0, limit: 9) == notes)
                #expect(
                    try records.capacityNotes(about: "pool", after: 0, limit: 9) == [notes[1]])
                #expect(try records.lastCapacityNote() == 2)
                #expect(try records.order(Self.order)?.order == order)
                #expect(try records.orders(OrderFilter(pool: pool)).map(\.sequence) == [1])
                #expect(try records.orders(OrderFilter(after: 1)).isEmpty)
                #expect(try records.lastOrder() == 1)
                #expect(try records.settledLease(Self.lease) == settled)
                #expect(try records.settledLeases() == [settled])
            }
            #expect(throws: (any Error).self) { try store.write { try $0.insert(settled) } }
        }
    }

    // MARK: Migration

    /// The first version's statements as they were shipped. A change here means that files of
    /// customers differ from what the next migration expects.
    @Test func `the statements of version 1 are what was shipped`() {
        let text = Schema.migration(for: .sqlite, through: 1).joined(separator: ";\n")
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
        #expect(String(sum, radix: 16) == "ed4defd0742737ce")
    }

    @Test func `a file of version 1 is brought up to date with all that it holds`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("records.sqlite").path
            let old = try DatabaseQueue(path: path)
            try old.write { database in
                for statement in Schema.migration(for: .sqlite, through: 1) {
                    try database.execute(sql: statement)
                }
                try database.execute(sql: "INSERT INTO schema_version (version) VALUES (1)")
                try database.execute(
                    sql: "INSERT INTO organizations VALUES ($1, 'Acme', 0, $2, $3)",
                    arguments: [
                        "1": "\(Self.organization)", "2": "\(Self.project)",
                        "3": Instant.noon.microseconds,
                    ])
            }
            try old.close()
            let store = try SQLiteStore(path: path)
            #expect(try store.read { try $0.organizations() } == [Self.customer])
            let row = ComputeChargeRow(
                sequence: 1, stretch: try Self.stretch(1, from: 0, to: 60))
            try store.write { try $0.insert(row) }
            #expect(try store.read { try $0.computeCharges(of: Self.lease) } == [row])
            try store.close()
            // It has been migrated once; and its new tables are guarded like the old ones.
            let again = try SQLiteStore(path: path)
            #expect(try again.read { try $0.lastCapacityCharge() } == 1)
            try again.close()
            let raw = try DatabaseQueue(path: path)
            try raw.write { database in
                let versions = try Int64.fetchAll(
                    database, sql: "SELECT version FROM schema_version ORDER BY version")
                #expect(versions == [1, Schema.version])
                #expect(throws: (any Error).self) {
                    try database.execute(sql: "UPDATE compute_charges SET amount = '0'")
                }
            }
            try raw.close()
        }
    }

    @Test func `a file of a later version is left alone`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("records.sqlite").path
            try SQLiteStore(path: path).close()
            let raw = try DatabaseQueue(path: path)
            try await raw.write { database in
                try database.execute(sql: "INSERT INTO schema_version (version) VALUES (99)")
            }
            try raw.close()
            let failure = #expect(throws: Failure.self) { try SQLiteStore(path: path) }
            #expect(failure?.code == .conflict)
        }
    }
}
