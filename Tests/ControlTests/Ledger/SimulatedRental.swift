import CapacityPath
import Fleet
import Ledger
import Pricing
import Records
import TestKit
import Vocabulary

@testable import Control

/// A lease reduced to its money: what it holds, was charged and given back.
struct SimulatedLease {
    static let price = CapacityPrice(perAcceleratorHour: .dollars(3), version: 1, entry: "h100")

    let lease: LeaseID
    let order: Order
    let accelerators: Accelerators
    private(set) var held = Money.zero
    private(set) var charged = Money.zero
    private(set) var credited = Money.zero
    private var heldSeconds: Int64 = 0
    private var second: Int64 = 0
    private var sequence = 0
    private var rating = ComputeRating()
    private(set) var isReleased = false

    init(
        _ lease: LeaseID, organization: OrganizationID, project: ProjectID,
        accelerators: Accelerators, purchaseClass: PurchaseClass = .onDemand
    ) throws {
        self.lease = lease
        self.accelerators = accelerators
        let pool = PoolName("pool") ?? SimulatedLease.poolNeverNamed
        order = Order(
            id: .job(JobID(high: lease.high, low: lease.low)), organization: organization,
            project: project, isInternal: false, pool: pool, purchaseClass: purchaseClass,
            shape: GangShape(nodes: 1, acceleratorsPerNode: accelerators),
            content: .instance(WorkSpecification(name: "work", command: ["true"])),
            price: Self.price, placedAt: .noon)
    }

    private static var poolNeverNamed: PoolName { preconditionFailure("'pool' is a name") }

    private func cost(_ seconds: Int64) -> Money {
        AcceleratorTime(accelerators, seconds: seconds)
            .amount(pricePerHour: Self.price.perAcceleratorHour)
    }

    /// Asks for `seconds` more; false where there is no money.
    mutating func hold(seconds: Int64, _ service: ControlService) async throws -> Bool {
        let (lease, order) = (lease, order)
        let through = Instant.noon + .seconds(heldSeconds + seconds)
        let amount = cost(heldSeconds + seconds) - cost(heldSeconds)
        let isHeld = try await service.inTransaction { service, records in
            try service.hold(lease, of: order, through: through, amount: amount, records)
        }
        guard isHeld else { return false }
        heldSeconds += seconds
        held += amount
        return true
    }

    /// Charges at most `seconds`, as far as money is held for them.
    mutating func charge(
        seconds: Int64, unbilled: UnbilledReason? = nil, _ service: ControlService
    ) async throws {
        let seconds = unbilled == nil ? min(seconds, heldSeconds - second) : seconds
        guard seconds > 0 else { return }
        var after = rating
        var amount = Money.zero
        if unbilled == nil {
            amount = after.add(
                AcceleratorTime(accelerators, seconds: seconds),
                pricePerHour: Self.price.perAcceleratorHour)
        }
        let charge = LeaseCharge(
            lease: lease, order: order.id, sequence: sequence + 1, fromSecond: second,
            toSecond: second + seconds, startedAt: .noon, accelerators: accelerators,
            price: Self.price, amount: amount, unbilled: unbilled)
        let order = order
        try await service.inTransaction { try $0.charge(charge, of: order, $1) }
        rating = after
        sequence += 1
        second += seconds
        held -= amount
        charged += amount
    }

    mutating func release(_ service: ControlService) async throws {
        let (lease, order) = (lease, order)
        try await service.inTransaction { try $0.release(lease, of: order, $1) }
        isReleased = true
        held = .zero
    }

    /// Gives `amount` back, as far as it was charged and not given back before.
    mutating func credit(
        _ amount: Money, _ service: ControlService, for reason: LeaseCredit.Reason = .nodeFailed
    ) async throws {
        let credit = LeaseCredit(lease: lease, order: order.id, amount: amount, reason: reason)
        let order = order
        try await service.inTransaction { try $0.credit(credit, of: order, $1) }
        credited += max(.zero, min(amount, charged - credited))
    }
}

extension ControlService {
    func inTransaction<Result: Sendable>(
        _ body: @Sendable (isolated ControlService, any Recorder) throws -> Result
    ) throws -> Result {
        try transact { try body(self, $0) }
    }

    /// The prices of what tests rent.
    static let rentedPrices: PriceBook = {
        var book = PriceBook(version: 1, effective: .noon, models: [:])
        if let type = AcceleratorType("h100") {
            book.compute["h100"] = ComputePrice(
                accelerator: type, onDemand: .dollars(3), spot: .dollars(1), source: "test",
                sourceDate: "2026-11-21")
        }
        book.storage["volumes"] = StoragePrice(
            entry: "volumes", perGiBMonth: .cents(73), source: "test", sourceDate: "2026-11-21")
        return book
    }()
}
