import Fleet
package import Vocabulary

/// Capacity that is promised firmly for a time, half-open; nil: without end.
struct Commitment: Hashable, Codable, Sendable {
    /// The team of ours it is promised to; nil: a customer.
    var team: OrganizationID?
    var accelerators: Accelerators
    var from: Instant
    var to: Instant?

    func holds(at instant: Instant) -> Bool {
        from <= instant && (to.map { instant < $0 } ?? true)
    }
}

/// What is firmly promised at one instant.
struct FirmUse: Hashable, Sendable {
    var customers = Accelerators.zero
    var teams: [OrganizationID: Accelerators] = [:]

    mutating func add(_ commitment: Commitment) {
        guard let team = commitment.team else {
            customers = customers + commitment.accelerators
            return
        }
        teams[team] = (teams[team] ?? .zero) + commitment.accelerators
    }

    /// A team counts with its entitlement, or with what it uses where that is more.
    func total(with entitlements: [Entitlement]) -> Accelerators {
        var total = customers
        var rest = teams
        for entitlement in entitlements {
            let used = rest.removeValue(forKey: entitlement.organization) ?? .zero
            total = total + max(used, .whole(entitlement.accelerators))
        }
        return rest.values.reduce(total) { $0 + $1 }
    }
}

/// DESIGN §5.11: what is sold on demand and reserved, and what teams use beyond their entitlements,
/// is at no time of a new sale's term more than the capacity less all entitlements.
extension CapacityPath {
    /// What takes new work now. Nodes that are ordered, or out of service, promise nothing.
    package func capacity(of pool: PoolName) -> Accelerators {
        (pools[pool]?.nodes ?? []).reduce(.zero) {
            nodes[$1].state == .inService ? $0 + nodes[$1].accelerators : $0
        }
    }

    /// All firm promises of a pool: leases other than spot ones and those inside a reservation,
    /// claims, and reservations.
    func commitments(in pool: PoolName) -> [Commitment] {
        guard let record = pools[pool] else { return [] }
        var commitments = record.leases.compactMap { id -> Commitment? in
            guard let lease = leases[id], lease.isLive, lease.within == nil,
                lease.isReservation || lease.purchaseClass != .spot
            else { return nil }
            return Commitment(
                team: lease.isInternal ? lease.organization : nil,
                accelerators: lease.accelerators, from: lease.window?.from ?? lease.placedAt,
                // What is overdue is there still.
                to: lease.latestEnd.map { $0 > now ? $0 : .distantFuture })
        }
        commitments += record.claims.map {
            Commitment(
                team: $0.organization, accelerators: $0.accelerators, from: $0.madeAt,
                to: $0.latestEnd)
        }
        return commitments
    }

    package func firmUse(
        in pool: PoolName, at instant: Instant
    ) -> (
        customers: Accelerators, teams: [OrganizationID: Accelerators]
    ) {
        let use = firmUse(of: commitments(in: pool), at: instant)
        return (use.customers, use.teams)
    }

    func firmUse(of commitments: [Commitment], at instant: Instant) -> FirmUse {
        var use = FirmUse()
        for commitment in commitments where commitment.holds(at: instant) { use.add(commitment) }
        return use
    }

    /// Whether a team's work is within what it is guaranteed, with what it has already.
    func isEntitled(
        _ team: OrganizationID, to accelerators: Accelerators, in pool: PoolName,
        beside existing: [Commitment]? = nil
    ) -> Bool {
        let entitlements = pools[pool]?.declaration.entitlements ?? []
        guard let entitlement = entitlements.first(where: { $0.organization == team }) else {
            return false
        }
        let existing = existing ?? commitments(in: pool)
        let used = existing.reduce(Accelerators.zero) {
            $1.team == team && $1.holds(at: now) ? $0 + $1.accelerators : $0
        }
        return used + accelerators <= .whole(entitlement.accelerators)
    }

    /// When, within its term, a sale would promise more than there is; nil: never.
    func conflict(
        of sale: Commitment, in pool: PoolName, beside existing: [Commitment]? = nil
    ) -> (at: Instant, room: Accelerators)? {
        let existing = existing ?? commitments(in: pool)
        let entitlements = pools[pool]?.declaration.entitlements ?? []
        let capacity = capacity(of: pool)
        var instants: Set = [sale.from]
        for other in existing where other.from > sale.from && sale.holds(at: other.from) {
            instants.insert(other.from)
        }
        for instant in instants.sorted() {
            var use = firmUse(of: existing, at: instant)
            let before = use.total(with: entitlements)
            use.add(sale)
            let after = use.total(with: entitlements)
            // A sale that promises nothing more than is promised anyway harms nobody.
            if after > capacity, after > before { return (instant, max(.zero, capacity - before)) }
        }
        return nil
    }

    /// What a customer could still buy firmly for a time.
    package func sellable(in pool: PoolName, from: Instant, to: Instant?) -> Accelerators {
        let existing = commitments(in: pool)
        let entitlements = pools[pool]?.declaration.entitlements ?? []
        let term = Commitment(team: nil, accelerators: .zero, from: from, to: to)
        var instants = [from]
        for other in existing where other.from > from && term.holds(at: other.from) {
            instants.append(other.from)
        }
        let promised = instants.reduce(Accelerators.zero) {
            max($0, firmUse(of: existing, at: $1).total(with: entitlements))
        }
        return max(.zero, capacity(of: pool) - promised)
    }
}

extension Instant {
    static let distantFuture = Instant(microseconds: .max)
}
