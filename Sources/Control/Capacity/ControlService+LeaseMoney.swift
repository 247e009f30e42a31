import CapacityPath
import Fleet
import Ledger
import Link
import Metering
import Pricing
import Records
import Vocabulary

/// The money of leases of capacity. Each function is one synchronous step inside the transaction
/// that its caller began, so that an event, what it charged and what was posted for it are kept
/// together or not at all. Teams of ours pay out of their own accounts like everybody, at the price
/// that their order carries.
extension ControlService {
    /// The most purses that one transaction releases.
    private static let releasedTogether = Transaction.maximumEntries / 2

    /// What an order could still have set aside for it now: of the organization's money, and under
    /// the budgets of its project and its key.
    func affordable(_ order: Order, _ records: any Recorder) throws -> Money {
        var least = max(.zero, book.available(order.organization))
        for name in try budgets(of: order, at: clock.now(), records) {
            least = min(least, max(.zero, book.balance(.budget(name))))
        }
        return least
    }

    /// Sets `amount` aside for a lease, beside what is held for it already; it is then paid for up
    /// to `through`. False, and nothing is posted, where the organization or one of the order's
    /// budgets has not got it: what lies idle with gateways is called back then, so that trying
    /// again later may succeed.
    ///
    /// - Throws: `not_found` for an organization that nobody knows.
    func hold(
        _ lease: LeaseID, of order: Order, through: Instant, amount: Money,
        _ records: any Recorder
    ) throws -> Bool {
        _ = try directory.organization(order.organization)
        guard amount > .zero else { return true }
        let budgets = try budgets(of: order, at: clock.now(), records)
        do {
            try post(
                Posting.hold(
                    amount, for: lease, through: through, organization: order.organization,
                    budgets: budgets, reference: "\(order.id)"), records)
            return true
        } catch LedgerProblem.insufficient {
            recall(
                [.organization(order.organization)]
                    + budgets.map { LeasedPurse.budget($0).scope })
            return false
        }
    }

    /// Records a stretch and, where it is billed, charges it to what is held for its lease. What
    /// it costs beyond that is taken from the organization's own account.
    ///
    /// - Throws: `insufficient_quota` where neither has it: the capacity path must stop a lease
    ///   before that.
    func charge(_ charge: LeaseCharge, of order: Order, _ records: any Recorder) throws {
        let stretch = ComputeStretch(charge, of: order)
        directory.capacityChargeSequence += 1
        try records.insert(
            ComputeChargeRow(sequence: directory.capacityChargeSequence, stretch: stretch))
        guard stretch.unbilledReason == nil, stretch.amount > .zero else { return }
        let lease = stretch.lease
        let shares = try budgets(of: order, at: stretch.lastInstant, records).map { name in
            Posting.BudgetShare(
                name, amount: stretch.amount, lent: book.balance(.budgetHold(lease, name)))
        }
        try post(
            Posting.charge(
                stretch.amount, for: lease, sequence: stretch.sequence,
                organization: order.organization,
                held: book.balance(.hold(lease, order.organization)), budgets: shares,
                reference: "\(order.id)"), records)
    }

    /// The lease has ended and its last stretch is charged: what is still held for it goes back.
    /// Released again with nothing held it changes nothing.
    func release(_ lease: LeaseID, of order: Order, _ records: any Recorder) throws {
        if try records.settledLease(lease) == nil {
            let (charges, seconds) = try records.leaseSoFar(lease)
            try records.insert(
                SettledLeaseRow(
                    lease: lease, order: order.id, organization: order.organization,
                    at: clock.now(), charges: charges, seconds: seconds))
        }
        var held = book.held(for: lease)[...]
        var part = 1
        while !held.isEmpty {
            while try records.transaction(
                idempotencyKey: Posting.releaseKey(lease, part: part)) != nil
            {
                part += 1
            }
            try post(
                Posting.release(
                    lease, part: part, held: Array(held.prefix(Self.releasedTogether)),
                    reference: "\(order.id)"), records)
            held = held.dropFirst(Self.releasedTogether)
            part += 1
        }
    }

    /// Gives back what a lease was charged, by the terms; never more than it was charged and has
    /// not been given back before. It may be spent again under the budgets in force now.
    func credit(_ credit: LeaseCredit, of order: Order, _ records: any Recorder) throws {
        let charged = try records.computeCharges(of: credit.lease).reduce(Money.zero) {
            $0 + ($1.stretch.unbilledReason == nil ? $1.stretch.amount : .zero)
        }
        let earlier = try records.serviceCredits(of: credit.lease)
        let before = earlier.reduce(Money.zero) { $0 + $1.credit.amount }
        let amount = min(credit.amount, charged - before)
        guard amount > .zero else { return }
        let now = clock.now()
        directory.capacityChargeSequence += 1
        let given = ServiceCredit(
            lease: credit.lease, sequence: earlier.count + 1, order: order.id,
            organization: order.organization, project: order.project, entry: order.price.entry,
            purchaseClass: order.purchaseClass, reason: credit.reason.rawValue, amount: amount,
            at: now)
        try records.insert(
            ServiceCreditRow(sequence: directory.capacityChargeSequence, credit: given))
        let permissions = try budgets(of: order, at: now, records).map { name in
            (budget: name, amount: min(amount, book.balance(.budgetSpent(name))))
        }
        try post(
            Posting.serviceCredit(
                amount, for: credit.lease, sequence: given.sequence, reason: given.reason,
                organization: order.organization, budgets: permissions,
                reference: "\(order.id)"), records)
    }

    /// Records what a volume kept since its last stretch, and charges it; its amount is worked out
    /// here. Where the customer has not got the money the stretch is recorded as not billed.
    ///
    /// - Returns: Whether it was billed, or cost nothing.
    func chargeStorage(
        of volume: VolumeID, mebibytes: Int64, from: Instant, to: Instant,
        project: ProjectID, price: StoragePrice, priceVersion: Int64, _ records: any Recorder
    ) throws -> Bool {
        let row = try directory.project(project)
        let sequence = (try records.lastStorageCharge(of: volume)?.stretch.sequence ?? 0) + 1
        var stretch = StorageStretch(
            volume: volume, sequence: sequence, organization: row.organization,
            project: project, entry: price.entry, from: from, to: to, mebibytes: mebibytes,
            priceVersion: priceVersion, perGiBMonth: price.perGiBMonth, amount: .zero)
        let time = StorageTime(mebibytes: mebibytes, seconds: stretch.seconds)
        stretch.amount = time.amount(perGiBMonth: price.perGiBMonth)
        var isPaid = true
        if stretch.amount > .zero {
            let scopes = directory.budgets(of: project, key: nil, at: stretch.lastInstant)
            do {
                try post(
                    Posting.storageCharge(
                        stretch.amount, for: volume, sequence: sequence,
                        organization: row.organization,
                        budgets: try budgetNames(of: scopes, records), reference: "\(project)"),
                    records)
            } catch LedgerProblem.insufficient {
                stretch.amount = .zero
                stretch.unbilledReason = StorageStretch.outOfMoney
                isPaid = false
            }
        }
        directory.capacityChargeSequence += 1
        try records.insert(
            StorageChargeRow(sequence: directory.capacityChargeSequence, stretch: stretch))
        return isPaid
    }

    /// The budgets of an order's project and key in force at an instant, allotted.
    private func budgets(
        of order: Order, at instant: Instant, _ records: any Recorder
    ) throws -> [BudgetName] {
        try budgetNames(
            of: directory.budgets(of: order.project, key: order.key, at: instant), records)
    }

    private func budgetNames(
        of scopes: [Scope], _ records: any Recorder
    ) throws -> [BudgetName] {
        try scopes.compactMap { scope in
            guard case .budget(let name) = LeasedPurse(scope) else { return nil }
            try allotBudget(of: scope, records)
            return name
        }
    }
}

extension ComputeStretch {
    init(_ charge: LeaseCharge, of order: Order) {
        self.init(
            lease: charge.lease, order: order.id, sequence: charge.sequence,
            organization: order.organization, project: order.project, pool: order.pool,
            entry: charge.price.entry, purchaseClass: order.purchaseClass,
            nodes: order.shape.nodes, fromSecond: charge.fromSecond, toSecond: charge.toSecond,
            startedAt: charge.startedAt, accelerators: charge.accelerators,
            priceVersion: charge.price.version,
            pricePerHour: charge.price.perAcceleratorHour,
            amount: charge.unbilled == nil ? charge.amount : .zero,
            unbilledReason: charge.unbilled?.rawValue)
    }
}
