package import Fleet
package import Vocabulary

/// Looks records of capacity up.
package protocol CapacityRecordReader {
    /// 0 before the first.
    func lastCapacityEvent() throws -> Int64
    /// Calls `body` with each event after `sequence`, in order.
    func eachCapacityEvent(
        after sequence: Int64, _ body: (CapacityEventRow) throws -> Void
    ) throws
    func latestCapacitySnapshot() throws -> CapacitySnapshotRow?
    /// The last event that happened no later than `instant`; 0 where there is none.
    func lastCapacityEvent(at instant: Instant) throws -> Int64
    /// In order: those after the first of two sequence numbers, up to the second.
    func capacityEvents(after first: Int64, through last: Int64) throws -> [CapacityEventRow]
    /// The last one of an event that is no later than `sequence`.
    func capacitySnapshot(through sequence: Int64) throws -> CapacitySnapshotRow?

    /// The last minute of which something is recorded; nil before the first.
    func lastSurplusMinute() throws -> Int64?
    /// By minute, then by pool, from the one after that of `minute` and `pool` on.
    func surplusRows(after minute: Int64, _ pool: String, limit: Int) throws -> [SurplusRow]
    /// Of one pool, the newest first: of minutes from `from` on, before `to`.
    func surplusRows(
        of pool: PoolName, from: Int64, to: Int64, limit: Int
    ) throws -> [SurplusRow]

    func lastCapacityNote() throws -> Int64
    /// In order, from the one after `sequence` on; at most `limit`; nil: about anything.
    func capacityNotes(
        about subject: String?, after sequence: Int64, limit: Int
    ) throws -> [CapacityNoteRow]

    /// In the order of days; half-open.
    func poolDays(from: Int64, to: Int64) throws -> [PoolDayRow]

    func lastOrder() throws -> Int64
    func order(_ id: OrderID) throws -> OrderRow?
    /// In the order in which they were placed.
    func orders(_ filter: OrderFilter) throws -> [OrderRow]

    /// Whether a demand was refused before.
    func isRefused(_ demand: String) throws -> Bool
    /// What was refused because there was too little, in the order of time.
    func refusedOrders(before instant: Instant) throws -> [Order]

    /// Of charges for compute and storage and of service credits together; 0 before the first.
    func lastCapacityCharge() throws -> Int64
    /// Calls `body` with each stretch in the order of charging.
    func eachComputeCharge(
        _ filter: CapacityChargeFilter, _ body: (ComputeChargeRow) throws -> Void
    ) throws
    /// Calls `body` with the stretches of one lease after the other, each in its order.
    func eachComputeChargeByLease(_ body: (ComputeChargeRow) throws -> Void) throws
    /// In the order of the lease.
    func computeCharges(of lease: LeaseID) throws -> [ComputeChargeRow]
    /// In the order of charging.
    func computeCharges(of order: OrderID) throws -> [ComputeChargeRow]
    /// How many stretches a lease has, and the second that the last one ends at.
    func leaseSoFar(_ lease: LeaseID) throws -> (charges: Int64, seconds: Int64)
    func settledLease(_ lease: LeaseID) throws -> SettledLeaseRow?
    func settledLeases() throws -> [SettledLeaseRow]

    func eachStorageCharge(
        _ filter: CapacityChargeFilter, _ body: (StorageChargeRow) throws -> Void
    ) throws
    /// Calls `body` with the stretches of one volume after the other, each in its order.
    func eachStorageChargeByVolume(_ body: (StorageChargeRow) throws -> Void) throws
    func lastStorageCharge(of volume: VolumeID) throws -> StorageChargeRow?

    func eachServiceCredit(
        _ filter: CapacityChargeFilter, _ body: (ServiceCreditRow) throws -> Void
    ) throws
    func serviceCredits(of lease: LeaseID) throws -> [ServiceCreditRow]
}

/// Adds records of capacity. There is no way to change or remove one.
package protocol CapacityRecorder: CapacityRecordReader {
    func insert(_ event: CapacityEventRow) throws
    func insert(_ snapshot: CapacitySnapshotRow) throws
    func insert(_ row: SurplusRow) throws
    func insert(_ note: CapacityNoteRow) throws
    func insert(_ day: PoolDayRow) throws
    func insert(_ order: OrderRow) throws
    /// - Parameter demand: What tells one demand from another; one is put on record once.
    func insertRefused(_ order: Order, as demand: String) throws
    func insert(_ charge: ComputeChargeRow) throws
    func insert(_ lease: SettledLeaseRow) throws
    func insert(_ charge: StorageChargeRow) throws
    func insert(_ credit: ServiceCreditRow) throws
}
