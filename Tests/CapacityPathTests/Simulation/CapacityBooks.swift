@testable import CapacityPath
import Clusters
import Fleet
import Testing
import Vocabulary

/// The money of a simulation, and what is remembered of it to be compared: holds, charges, credits
/// and the truth about what ran.
struct CapacityBooks {
    struct Account {
        var held = Money.zero
        var charged = Money.zero
        var credited = Money.zero
        var charges: [LeaseCharge] = []
        var isReleased = false
        var organization: OrganizationID?
        /// Where the lease's own record says it ended.
        var end: Int64?
        var failed = false
    }

    var purses: [OrganizationID: Money] = [:]
    var accounts: [LeaseID: Account] = [:]
    var notes: [String] = []
    var decisions: [SurplusRecord] = []
    /// What was given out for good, added up.
    var days: [PoolName: UseSums] = [:]
    var notices: [LeaseID: Notice] = [:]
    var reclaims = 0
    /// When a claim was made and when its work was told to start.
    var claimed: [OrderID: Instant] = [:]
    var waits: [Duration] = []
    /// Seconds that work really ran against seconds in its stretches.
    var compared = 0

    mutating func willHandle(_ event: CapacityEvent, path: CapacityPath, at now: Instant) {}

    mutating func carryOut(
        _ action: MoneyAction, path: CapacityPath, at now: Instant
    ) -> CapacityEvent? {
        switch action {
        case .hold(let lease, let through, let amount):
            guard let record = path.leases[lease] else { return nil }
            let who = record.organization
            accounts[lease, default: Account()].organization = who
            #expect(accounts[lease]?.isReleased == false, "held after its release")
            #expect(amount >= .zero)
            if let purse = purses[who], purse < amount { return .moneyShort(lease) }
            if purses[who] != nil { purses[who, default: .zero] -= amount }
            accounts[lease]?.held += amount
            return .moneyHeld(lease, through: through)
        case .charge(let charge): took(charge, path: path, at: now)
        case .release(let lease):
            guard let account = accounts[lease], let who = account.organization else {
                Issue.record("released what was never held")
                return nil
            }
            #expect(!account.isReleased, "released twice")
            accounts[lease]?.isReleased = true
            if purses[who] != nil { purses[who, default: .zero] += account.held - account.charged }
        case .credit(let credit):
            #expect(credit.amount > .zero)
            accounts[credit.lease, default: Account()].credited += credit.amount
            let account = accounts[credit.lease] ?? Account()
            #expect(account.credited <= account.charged, "more credited than was charged")
            if let who = account.organization, purses[who] != nil {
                purses[who, default: .zero] += credit.amount
            }
        }
        return nil
    }

    private mutating func took(_ charge: LeaseCharge, path: CapacityPath, at now: Instant) {
        var account = accounts[charge.lease] ?? Account()
        let last = account.charges.last
        #expect(charge.fromSecond == last?.toSecond ?? 0, "a gap or an overlap")
        #expect(charge.toSecond > charge.fromSecond)
        #expect(charge.sequence == (last?.sequence ?? 0) + 1)
        #expect(charge.startedAt == last?.startedAt ?? charge.startedAt)
        #expect(charge.startedAt + .seconds(charge.toSecond) <= now + .milliseconds(500))
        if charge.unbilled != nil { #expect(charge.amount == .zero) }
        account.charges.append(charge)
        account.charged += charge.amount
        #expect(account.charged <= account.held, "charged beyond what is held")
        let billed = account.charges.filter { $0.unbilled == nil }
            .reduce(AcceleratorTime.zero) {
                $0 + AcceleratorTime($1.accelerators, seconds: $1.toSecond - $1.fromSecond)
            }
        #expect(
            account.charged == billed.amount(pricePerHour: charge.price.perAcceleratorHour))
        #expect(!account.isReleased, "charged after its release")
        accounts[charge.lease] = account
    }

    mutating func saw(_ action: ClusterAction, path: CapacityPath, at now: Instant) {
        guard case .notify(let lease, let notice) = action else { return }
        notices[lease] = notice
        guard let record = path.leases[lease], notice.reason == .reclaimed else { return }
        reclaims += 1
        #expect(record.purchaseClass == .spot && record.within == nil, "only spot is taken back")
        let length = notice.deadline - notice.givenAt
        #expect(length >= .seconds(record.terms.reclaimNotice ?? 0), "the notice is too short")
    }

    /// A lease is over on both sides: what it was billed against what it did.
    mutating func truth(
        _ work: SimulatedHardware.Work?, of lease: LeaseID, path: CapacityPath
    ) {
        guard let work, let started = work.startedAt, let ended = work.endedAt,
            let record = path.leases[lease], record.outcome != nil
        else { return }
        let account = accounts[lease] ?? Account()
        let ran = Int64((ended - started) / .milliseconds(1))
        let billed = account.charges.filter { $0.unbilled == nil }
            .reduce(0) { $0 + $1.toSecond - $1.fromSecond }
        let net = account.charged - account.credited
        #expect(
            net <= record.meter.cost(seconds: (ran + 1500) / 1000),
            "billed \(billed) s of \(ran) ms, \(record.outcome as Any)")
        guard record.failedAt == nil, record.within == nil else { return }
        compared += 1
        let all = account.charges.last?.toSecond ?? 0
        let corrected = all * 1000 > ran + 1000
        #expect(
            corrected
                ? account.credited > .zero || account.charged == .zero
                : abs(all * 1000 - ran) <= 1000,
            "\(all) s in stretches, ran \(ran) ms, \(record.outcome as Any)")
    }
}
