package import Metering
package import Pricing
package import Vocabulary

/// All that requests of one organization draw on at this gateway: money and limits, of the
/// organization, its projects and its keys. A request takes from every scope that applies to it, or
/// from none.
///
/// Times are nanoseconds of the monotonic clock. The owner guards the value by a lock.
package struct OrganizationAccount: Sendable {
    /// A project or a key.
    private struct Party: Sendable {
        var limiter = Limiter()
        /// Which purse is its budget in force.
        var budget: Int?
    }

    package let organization: OrganizationID
    private var parties: [Party] = []
    /// The first is the organization's own money, the others are budgets. A budget that is no
    /// longer in force keeps its place: requests may still hold from it, and control compares all
    /// that was granted in this epoch with its own records.
    package private(set) var purses: [Purse]
    private var purseIndices: [Scope: Int]

    package init(organization: OrganizationID) {
        self.organization = organization
        self.purses = [Purse(scope: .organization(organization))]
        self.purseIndices = [.organization(organization): 0]
    }

    /// Which project and which key a request acts for.
    package struct Actor: Hashable, Sendable {
        package var project: Int
        package var key: Int

        package init(project: Int, key: Int) {
            self.project = project
            self.key = key
        }
    }

    // MARK: Terms

    package mutating func addParty() -> Int {
        parties.append(Party())
        return parties.count - 1
    }

    /// Sets a project's or a key's limits and the scope of its budget in force (nil: no budget).
    package mutating func setTerms(of party: Int, limits: TrafficLimits, budget: Scope?) {
        parties[party].limiter.update(limits)
        parties[party].budget = budget.map { index(ofPurseFor: $0) }
    }

    // MARK: A request's life

    /// Sets aside what `demand` may cost, or the most of it that is affordable.
    package mutating func admit(
        _ demand: Demand, for actor: Actor, at now: Int64
    ) -> AdmissionDecision {
        let second = now / 1_000_000_000
        if let failure = parties[actor.project].limiter.refusal(of: "project", at: second)
            ?? parties[actor.key].limiter.refusal(of: "key", at: second)
        {
            return .refused(failure)
        }
        let drawn = PurseIndices(
            project: parties[actor.project].budget, key: parties[actor.key].budget)
        let wanted = min(demand.generatedTokens, demand.holdChunk ?? demand.generatedTokens)
        let full = demand.rate.ceiling(promptTokens: demand.promptTokens, generatedTokens: wanted)
        let shortages = self.shortages(of: full, in: drawn, at: now)
        if !shortages.isEmpty { return .borrow(shortages) }

        var limit = demand.generatedTokens
        var clamp: Clamp?
        if let affordable = affordable(demand, in: drawn), affordable.generated < wanted {
            limit = affordable.generated
            clamp = affordable.clamp
        }
        if let remaining = tokensRemaining(for: actor, at: second),
            remaining - demand.promptTokens < min(limit, wanted)
        {
            limit = remaining - demand.promptTokens
            clamp = .tokensPerMinute
        }
        if limit < demand.minimumGenerated {
            return .refused(
                refusal(of: demand, clamp: clamp ?? .credit, in: drawn, for: actor, at: second))
        }
        let reserved = min(limit, wanted)
        let hold = Hold(
            amount: demand.rate.ceiling(
                promptTokens: demand.promptTokens, generatedTokens: reserved),
            promptReserved: demand.promptTokens, generatedReserved: reserved,
            generatedLimit: limit, clamp: clamp, purses: drawn, admittedSecond: second)
        change(drawn) { $0.hold(hold.amount, at: now) }
        parties[actor.project].limiter.begin(tokens: demand.promptTokens + reserved, at: second)
        parties[actor.key].limiter.begin(tokens: demand.promptTokens + reserved, at: second)
        return .admitted(hold, ahead: wishes(of: drawn, at: now))
    }

    /// Sets more aside for a stream that goes on: at most `tokens`, at least one.
    package mutating func extend(
        _ hold: inout Hold, by tokens: Int64, rate: Rate, for actor: Actor, at now: Int64
    ) -> ExtensionDecision {
        let second = now / 1_000_000_000
        let wanted = min(tokens, hold.generatedLimit - hold.generatedReserved)
        guard wanted > 0 else { return .extended(ahead: []) }
        let shortages = self.shortages(of: rate.highestGenerated * wanted, in: hold.purses, at: now)
        if !shortages.isEmpty { return .borrow(shortages) }
        var granted = wanted
        var clamp = Clamp.credit
        let demand = Demand(
            rate: rate, promptTokens: 0, generatedTokens: wanted, minimumGenerated: 0,
            holdChunk: nil)
        if let affordable = affordable(demand, in: hold.purses), affordable.generated < granted {
            granted = affordable.generated
            clamp = affordable.clamp
        }
        if let remaining = tokensRemaining(for: actor, at: second), remaining < granted {
            granted = remaining
            clamp = .tokensPerMinute
        }
        guard granted > 0 else { return .exhausted(clamp) }
        let cost = rate.highestGenerated * granted
        change(hold.purses) { $0.hold(cost, at: now) }
        parties[actor.project].limiter.extend(tokens: granted, at: second)
        parties[actor.key].limiter.extend(tokens: granted, at: second)
        hold.extend(by: granted, for: cost, at: second)
        return .extended(ahead: wishes(of: hold.purses, at: now))
    }

    /// The most that may be charged to a request that holds `hold`.
    package func chargeLimit(of hold: Hold) -> Money {
        var free = purses[0].free
        for index in hold.purses.budgets { free = min(free, purses[index].free) }
        return hold.amount + free
    }

    /// Ends a request: charges it and gives the rest back. `used` are the tokens that count against
    /// limits of tokens a minute.
    package mutating func settle(
        _ hold: Hold, charge: Money, used: TokenCounts, for actor: Actor, at now: Int64
    ) {
        let second = now / 1_000_000_000
        change(hold.purses) { $0.end(hold: hold.amount, spending: charge) }
        let prompt = used.prompt + used.embedding
        let unused = hold.unused(after: used.generated)
        for party in [actor.project, actor.key] {
            parties[party].limiter.giveBack(
                tokens: hold.promptReserved - prompt, takenAt: hold.admittedSecond, at: second)
            for taken in unused {
                parties[party].limiter.giveBack(
                    tokens: taken.tokens, takenAt: taken.second, at: second)
            }
            parties[party].limiter.end()
        }
    }

    /// What a client is told about its limits.
    package mutating func status(for actor: Actor, at now: Int64) -> LimitStatus {
        let second = now / 1_000_000_000
        let project = parties[actor.project].limiter.status(at: second)
        let key = parties[actor.key].limiter.status(at: second)
        return LimitStatus(
            requests: Self.tighter(project.requests, key.requests),
            tokens: Self.tighter(project.tokens, key.tokens))
    }

    // MARK: Borrowing

    /// Money that control has granted. When that was less than was asked for, control is not asked
    /// again before `dryUntil`.
    package mutating func receive(
        _ amount: Money, in scope: Scope, dryUntil: Int64?, at now: Int64
    ) {
        let index = index(ofPurseFor: scope)
        purses[index].receive(amount, at: now)
        purses[index].markDry(until: dryUntil ?? .min)
    }

    /// Takes free money out of the named scopes' purses, or out of those that nobody has used since
    /// `idleSince`, to be returned through the journal.
    package mutating func takeFree(
        idleSince: Int64 = .min, scopes: Set<Scope>? = nil
    ) -> [(scope: Scope, amount: Money)] {
        var taken: [(scope: Scope, amount: Money)] = []
        for index in purses.indices where purses[index].free > .zero {
            let purse = purses[index]
            let isWanted = scopes.map { $0.contains(purse.scope) } ?? (purse.usedAt < idleSince)
            if isWanted { taken.append((purse.scope, purses[index].takeFree())) }
        }
        return taken
    }

    // MARK: Parts

    private static func tighter(
        _ left: LimitStatus.Line?, _ right: LimitStatus.Line?
    ) -> LimitStatus.Line? {
        guard let left, let right else { return left ?? right }
        return left.remaining <= right.remaining ? left : right
    }

    private mutating func index(ofPurseFor scope: Scope) -> Int {
        if let index = purseIndices[scope] { return index }
        purses.append(Purse(scope: scope))
        purseIndices[scope] = purses.count - 1
        return purses.count - 1
    }

    private mutating func change(_ drawn: PurseIndices, _ change: (inout Purse) -> Void) {
        change(&purses[0])
        for index in drawn.budgets { change(&purses[index]) }
    }

    /// Scopes that lack money and that control may still have money for.
    private func shortages(of amount: Money, in drawn: PurseIndices, at now: Int64) -> [Shortage] {
        var shortages: [Shortage] = []
        func note(_ index: Int) {
            let free = purses[index].free
            guard free < amount, purses[index].dryUntil <= now else { return }
            shortages.append(Shortage(scope: purses[index].scope, needed: amount - free))
        }
        note(0)
        for index in drawn.budgets { note(index) }
        return shortages
    }

    private mutating func wishes(of drawn: PurseIndices, at now: Int64) -> [Wish] {
        var wishes: [Wish] = []
        change(drawn) { purse in
            if let amount = purse.wish(at: now) {
                wishes.append(Wish(scope: purse.scope, amount: amount))
            }
        }
        return wishes
    }

    /// How many generated tokens the free money pays for beside the prompt; below zero when it does
    /// not even pay for that. nil: more than is asked for.
    private func affordable(
        _ demand: Demand, in drawn: PurseIndices
    ) -> (generated: Int64, clamp: Clamp)? {
        // The least that is free decides: one division for all purses.
        var least = purses[0].free
        var clamp = Clamp.credit
        for index in drawn.budgets where purses[index].free < least {
            least = purses[index].free
            clamp = .budget
        }
        let rest = least - demand.rate.highestPrompt * demand.promptTokens
        if rest < .zero { return (-1, clamp) }
        guard demand.rate.highestGenerated > .zero else { return nil }
        return (Int64(clamping: rest.units / demand.rate.highestGenerated.units), clamp)
    }

    private mutating func tokensRemaining(for actor: Actor, at second: Int64) -> Int64? {
        let project = parties[actor.project].limiter.tokensRemaining(at: second)
        let key = parties[actor.key].limiter.tokensRemaining(at: second)
        guard let project, let key else { return project ?? key }
        return min(project, key)
    }

    private mutating func refusal(
        of demand: Demand, clamp: Clamp, in drawn: PurseIndices, for actor: Actor, at second: Int64
    ) -> Failure {
        guard clamp != .tokensPerMinute else {
            return tokenRefusal(of: demand, for: actor, at: second)
        }
        let index =
            clamp == .credit ? 0 : drawn.budgets.min { purses[$0].free < purses[$1].free } ?? 0
        let held = purses[index].held
        let least = demand.rate.ceiling(
            promptTokens: demand.promptTokens, generatedTokens: max(0, demand.minimumGenerated))
        let what = clamp == .credit ? "credit" : "budget"
        if held > .zero, purses[index].free + held >= least {
            return Failure(
                .insufficientQuota,
                "All that is left of your \(what) is held by requests under way. Try again when one "
                    + "of them has ended, or add \(what).",
                retry: .after(.milliseconds(500)))
        }
        return Failure(
            .insufficientQuota,
            "Your \(what) does not pay for this request: it needs at least $\(least). "
                + (clamp == .credit ? "Add credit" : "Raise the budget")
                + ", or send a shorter prompt.")
    }

    private mutating func tokenRefusal(
        of demand: Demand, for actor: Actor, at second: Int64
    ) -> Failure {
        let needed = demand.promptTokens + max(0, demand.minimumGenerated)
        var seconds: Int64 = 0
        for party in [actor.project, actor.key]
        where parties[party].limiter.limits.tokensPerMinute != nil {
            guard let wait = parties[party].limiter.secondsUntilTokens(needed, at: second) else {
                return Failure(
                    .rateLimited,
                    "This request may need \(needed) tokens, more than your limit of tokens a minute "
                        + "allows at once. Send a shorter prompt or ask for a higher limit.")
            }
            seconds = max(seconds, wait)
        }
        return Failure(
            .rateLimited,
            "Your limit of tokens a minute is used up. Try again in \(seconds) s.",
            retry: .after(.seconds(max(1, seconds))))
    }
}
