import GRDB
import Metering
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias CapacityMoney = Statements.CapacityMoney

    func lastCapacityCharge() throws -> Int64 {
        try rows(CapacityMoney.lastCharge) { $0.whole(0) }.first ?? 0
    }

    private static func arguments(
        _ filter: CapacityChargeFilter
    ) -> [(any DatabaseValueConvertible)?] {
        [
            filter.after, filter.organization.map { "\($0)" }, filter.project.map { "\($0)" },
            filter.from?.microseconds ?? .min, filter.to?.microseconds ?? .max,
            filter.limit.map(Int64.init) ?? .max,
        ]
    }

    // MARK: Compute

    func insert(_ charge: ComputeChargeRow) throws {
        let stretch = charge.stretch
        try execute(
            CapacityMoney.insertCompute, charge.sequence, "\(stretch.lease)", stretch.sequence,
            "\(stretch.order)", "\(stretch.organization)", "\(stretch.project)",
            stretch.pool.text, stretch.entry, stretch.purchaseClass.rawValue, stretch.nodes,
            stretch.fromSecond, stretch.toSecond, stretch.startedAt.microseconds,
            stretch.lastInstant.microseconds, stretch.accelerators.thousandths,
            stretch.priceVersion, "\(stretch.pricePerHour)", "\(stretch.amount)",
            stretch.unbilledReason)
    }

    func eachComputeCharge(
        _ filter: CapacityChargeFilter, _ body: (ComputeChargeRow) throws -> Void
    ) throws {
        try each(CapacityMoney.compute, Self.arguments(filter)) {
            try body(try Self.compute($0))
        }
    }

    func eachComputeChargeByLease(_ body: (ComputeChargeRow) throws -> Void) throws {
        try each(CapacityMoney.computeByLease, []) { try body(try Self.compute($0)) }
    }

    func computeCharges(of lease: LeaseID) throws -> [ComputeChargeRow] {
        try rows(CapacityMoney.computeOfLease, "\(lease)", read: Self.compute)
    }

    func computeCharges(of order: OrderID) throws -> [ComputeChargeRow] {
        try rows(CapacityMoney.computeOfOrder, "\(order)", read: Self.compute)
    }

    private static func compute(_ row: Row) throws -> ComputeChargeRow {
        ComputeChargeRow(
            sequence: row.whole(0),
            stretch: ComputeStretch(
                lease: try row.identifier(1), order: try row.order(3),
                sequence: Int(row.whole(2)), organization: try row.identifier(4),
                project: try row.identifier(5), pool: try row.parsed(6, "pool") { PoolName($0) },
                entry: row.text(7), purchaseClass: try row.purchaseClass(8),
                nodes: Int(row.whole(9)), fromSecond: row.whole(10), toSecond: row.whole(11),
                startedAt: row.instant(12), accelerators: Accelerators(thousandths: row.whole(14)),
                priceVersion: row.whole(15), pricePerHour: try row.money(16),
                amount: try row.money(17), unbilledReason: row.optionalText(18)))
    }

    func leaseSoFar(_ lease: LeaseID) throws -> (charges: Int64, seconds: Int64) {
        try rows(CapacityMoney.leaseSoFar, "\(lease)") { ($0.whole(0), $0.whole(1)) }.first
            ?? (0, 0)
    }

    func insert(_ lease: SettledLeaseRow) throws {
        try execute(
            CapacityMoney.insertSettled, "\(lease.lease)", "\(lease.order)",
            "\(lease.organization)", lease.at.microseconds, lease.charges, lease.seconds)
    }

    func settledLease(_ lease: LeaseID) throws -> SettledLeaseRow? {
        try rows(CapacityMoney.settledLease, "\(lease)", read: Self.settled).first
    }

    func settledLeases() throws -> [SettledLeaseRow] {
        try rows(CapacityMoney.settled, read: Self.settled)
    }

    private static func settled(_ row: Row) throws -> SettledLeaseRow {
        SettledLeaseRow(
            lease: try row.identifier(0), order: try row.order(1),
            organization: try row.identifier(2), at: row.instant(3), charges: row.whole(4),
            seconds: row.whole(5))
    }

    // MARK: Storage

    func insert(_ charge: StorageChargeRow) throws {
        let stretch = charge.stretch
        try execute(
            CapacityMoney.insertStorage, charge.sequence, "\(stretch.volume)", stretch.sequence,
            "\(stretch.organization)", "\(stretch.project)", stretch.entry,
            stretch.from.microseconds, stretch.to.microseconds, stretch.mebibytes,
            stretch.priceVersion, "\(stretch.perGiBMonth)", "\(stretch.amount)",
            stretch.unbilledReason)
    }

    func eachStorageCharge(
        _ filter: CapacityChargeFilter, _ body: (StorageChargeRow) throws -> Void
    ) throws {
        try each(CapacityMoney.storage, Self.arguments(filter)) {
            try body(try Self.storage($0))
        }
    }

    func eachStorageChargeByVolume(_ body: (StorageChargeRow) throws -> Void) throws {
        try each(CapacityMoney.storageByVolume, []) { try body(try Self.storage($0)) }
    }

    func lastStorageCharge(of volume: VolumeID) throws -> StorageChargeRow? {
        try rows(CapacityMoney.lastStorageOfVolume, "\(volume)", read: Self.storage).first
    }

    private static func storage(_ row: Row) throws -> StorageChargeRow {
        StorageChargeRow(
            sequence: row.whole(0),
            stretch: StorageStretch(
                volume: try row.identifier(1), sequence: Int(row.whole(2)),
                organization: try row.identifier(3), project: try row.identifier(4),
                entry: row.text(5), from: row.instant(6), to: row.instant(7),
                mebibytes: row.whole(8), priceVersion: row.whole(9),
                perGiBMonth: try row.money(10), amount: try row.money(11),
                unbilledReason: row.optionalText(12)))
    }

    // MARK: Service credits

    func insert(_ row: ServiceCreditRow) throws {
        let credit = row.credit
        try execute(
            CapacityMoney.insertCredit, row.sequence, "\(credit.lease)", credit.reason,
            "\(credit.order)", "\(credit.organization)", "\(credit.project)", credit.entry,
            credit.purchaseClass.rawValue, "\(credit.amount)", credit.at.microseconds,
            credit.sequence)
    }

    func eachServiceCredit(
        _ filter: CapacityChargeFilter, _ body: (ServiceCreditRow) throws -> Void
    ) throws {
        try each(CapacityMoney.credits, Self.arguments(filter)) {
            try body(try Self.credit($0))
        }
    }

    func serviceCredits(of lease: LeaseID) throws -> [ServiceCreditRow] {
        try rows(CapacityMoney.creditsOfLease, "\(lease)", read: Self.credit)
    }

    private static func credit(_ row: Row) throws -> ServiceCreditRow {
        ServiceCreditRow(
            sequence: row.whole(0),
            credit: ServiceCredit(
                lease: try row.identifier(1), sequence: Int(row.whole(10)),
                order: try row.order(3), organization: try row.identifier(4),
                project: try row.identifier(5), entry: row.text(6),
                purchaseClass: try row.purchaseClass(7), reason: row.text(2),
                amount: try row.money(8), at: row.instant(9)))
    }
}

extension Row {
    fileprivate func order(_ index: Int) throws -> OrderID {
        try parsed(index, "id of an order") { OrderID($0) }
    }

    fileprivate func purchaseClass(_ index: Int) throws -> PurchaseClass {
        try parsed(index, "purchase class", PurchaseClass.init(rawValue:))
    }
}
