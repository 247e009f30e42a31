import Synchronization
import Fleet
import Link
import Metering
import NIOCore
import Pricing
import RequestPath
import Vocabulary

/// Money and limits of all organizations at this gateway: turns snapshots into directories, borrows
/// from control, and gives back what lies idle. Lives on the link's event loop.
final class Treasury {
    /// A purse that nobody has held from for so long gives its free money back.
    static let idleNanoseconds: Int64 = 2_000_000_000
    /// After control has granted less than was asked, it is not asked again for so long.
    static let dryNanoseconds: Int64 = 100_000_000
    /// Asked for at a time: so many times what one request lacks, and at least this.
    static let borrowFactor: Int64 = 16
    static let borrowLeast = Money.cents(25)

    /// How much longer than a request waits for money its ticket is kept.
    private static let waiterGrace: Int64 = 1_000_000_000

    private struct Borrowing {
        let account: any Borrower
        let requests: [BorrowRequest]
        var waiters: CircularBuffer<Waiter>
    }

    private struct Waiter {
        let ticket: ConnectionTicket
        let since: Int64
    }

    private struct Parties {
        let account: AccountOwner
        var indices: [String: Int] = [:]
    }

    let limits: GatewayLimits
    private let clock: WallClock
    private let journal: Journal
    private var accounts: [OrganizationID: Parties] = [:]
    private var pools: [String: ModelPool] = [:]
    private var suppliers: [SupplierName: SupplierOwner] = [:]
    private var snapshot: GatewaySnapshot?
    private var guardrails: Directory.Guardrails = [:]
    private var period: BillingPeriod?
    private var borrowings: [Int64: Borrowing] = [:]
    private var lastBorrowing: Int64 = 0
    /// Tickets of all borrowings: as many as there may be connections, because each has one request
    /// at a time.
    private(set) var waiting = 0
    /// Sends to control; nil while there is no connection.
    var send: ((GatewayMessage) -> Void)?

    init(limits: GatewayLimits, clock: WallClock, journal: Journal) {
        self.limits = limits
        self.clock = clock
        self.journal = journal
    }

    // MARK: Snapshots

    /// Takes a snapshot in and makes the directory of it.
    func update(_ snapshot: GatewaySnapshot) -> Directory {
        self.snapshot = snapshot
        return makeDirectory(snapshot)
    }

    /// A new directory when a month has begun, because monthly budgets begin anew; else nil.
    func directoryForNewPeriod() -> Directory? {
        guard let snapshot, period != BillingPeriod(containing: clock.now()) else { return nil }
        return makeDirectory(snapshot)
    }

    private func makeDirectory(_ snapshot: GatewaySnapshot) -> Directory {
        let now = clock.now()
        period = BillingPeriod(containing: now)
        var projects: [ProjectID: (terms: ProjectTerms, party: Int, batchParty: Int)] = [:]
        for terms in snapshot.projects {
            let budget = terms.budget.map { budget in
                Scope.projectBudget(terms.project, period: budget.period(at: now))
            }
            let party = setTerms(
                of: "\(terms.project)", in: terms.organization, limits: terms.limits, budget: budget
            )
            let batchParty = setTerms(
                of: "batch/\(terms.project)", in: terms.organization, limits: TrafficLimits(),
                budget: budget)
            projects[terms.project] = (terms, party, batchParty)
        }
        let teams = Set(snapshot.organizations.filter { $0.kind == .internal }.map(\.organization))
        var keys: [KeyDigest: KeyEntry] = [:]
        var signers: [String: Signer] = [:]
        for terms in snapshot.keys {
            guard let project = projects[terms.project],
                let digest = KeyDigest(hexadecimal: terms.digest)
            else { continue }
            let budget = terms.budget.map { Scope.keyBudget(terms.key, period: $0.period(at: now)) }
            let organization = project.terms.organization
            let party = setTerms(
                of: "\(terms.key)", in: organization, limits: terms.limits, budget: budget)
            let batchParty = setTerms(
                of: "batch/\(terms.key)", in: organization, limits: TrafficLimits(),
                budget: budget)
            let entry = KeyEntry(
                key: terms.key, project: terms.project, account: account(of: organization),
                actor: OrganizationAccount.Actor(project: project.party, key: party),
                batchActor: OrganizationAccount.Actor(
                    project: project.batchParty, key: batchParty),
                models: Self.intersection(project.terms.models, terms.models),
                isInternal: teams.contains(organization))
            keys[digest] = entry
            if let secret = terms.signingSecret {
                signers["\(terms.key)"] = Signer(
                    entry: entry, digest: digest, pair: AccessKeyPair(secret: secret))
            }
        }
        guardrails = Directory.guardrails(snapshot.guardrails, after: guardrails)
        return Directory(
            version: snapshot.version, keys: keys, signers: signers,
            seal: snapshot.sessionSecret.map(SessionSeal.init), models: makeModels(snapshot),
            aliases: snapshot.aliases, guardrails: guardrails)
    }

    private func makeModels(_ snapshot: GatewaySnapshot) -> [String: ModelEntry] {
        var models: [String: ModelEntry] = [:]
        let supplies = makeSupplies(snapshot)
        for deployment in snapshot.deployments {
            let pool =
                pools[deployment.model]
                ?? ModelPool(model: deployment.model, queueLength: limits.queueLength)
            pools[deployment.model] = pool
            pool.update(
                snapshot.replicas.filter { $0.model == deployment.model },
                warmUp: snapshot.warmUps.first { $0.model == deployment.model })
            let rates = snapshot.priceBooks.sorted { $0.effective < $1.effective }.compactMap {
                book in
                book.models[deployment.priceAs].map { price in
                    ModelEntry.PricedRate(
                        effective: book.effective, version: book.version, rate: Rate(price),
                        price: price)
                }
            }
            // A model without a price is not served.
            guard !rates.isEmpty else { continue }
            models[deployment.model] = ModelEntry(
                deployment: deployment, pool: pool, rates: rates,
                supplies: supplies[deployment.model] ?? [])
        }
        for (model, pool) in pools where models[model] == nil { pool.update([]) }
        return models
    }

    /// Who else answers for each model: the cheapest first, then by name.
    private func makeSupplies(_ snapshot: GatewaySnapshot) -> [String: [SupplyEntry]] {
        var entries: [String: [SupplyEntry]] = [:]
        for supply in snapshot.supplies.sorted(by: { $0.supplier < $1.supplier }) {
            let terms = SupplierAccount.Terms(
                requests: supply.requests, dailyCap: supply.dailyCap,
                monthlyCap: supply.monthlyCap)
            let owner =
                suppliers[supply.supplier] ?? SupplierOwner(supply.supplier, terms: terms)
            suppliers[supply.supplier] = owner
            owner.state.withLock { $0.setTerms(terms) }
            for offer in supply.offers {
                entries[offer.replica.model, default: []].append(
                    SupplyEntry(owner: owner, offer: offer))
            }
        }
        // The order of names is kept among equals.
        return entries.mapValues { entries in
            entries.enumerated().sorted {
                ($0.element.cost.ceiling(promptTokens: 1, generatedTokens: 1), $0.offset)
                    < ($1.element.cost.ceiling(promptTokens: 1, generatedTokens: 1), $1.offset)
            }.map(\.element)
        }
    }

    var allPools: [ModelPool] { Array(pools.values) }

    private static func intersection(_ left: [String]?, _ right: [String]?) -> Set<String>? {
        guard let left, let right else { return (left ?? right).map(Set.init) }
        return Set(left).intersection(right)
    }

    private func account(of organization: OrganizationID) -> AccountOwner {
        if let parties = accounts[organization] { return parties.account }
        let known = snapshot?.organizations.first { $0.organization == organization }?.cacheSalt
        var random = SystemRandomNumberGenerator()
        let account = AccountOwner(
            organization: organization,
            // Without control's word it holds for as long as this process lives.
            cacheSalt: known ?? String(random.next() as UInt64, radix: 16)
                + String(random.next() as UInt64, radix: 16))
        accounts[organization] = Parties(account: account)
        return account
    }

    private func setTerms(
        of party: String, in organization: OrganizationID, limits: TrafficLimits, budget: Scope?
    ) -> Int {
        let account = account(of: organization)
        let known = accounts[organization]?.indices[party]
        let index = account.state.withLock { state in
            let index = known ?? state.addParty()
            state.setTerms(of: index, limits: limits, budget: budget)
            return index
        }
        accounts[organization]?.indices[party] = index
        return index
    }

    // MARK: Borrowing

    /// Asks control for what is lacking; the ticket is resumed when the answer is there.
    func borrow(_ shortages: [Shortage], for account: any Borrower, ticket: ConnectionTicket) {
        let scopes = Set(shortages.map(\.scope))
        let waiter = Waiter(ticket: ticket, since: Int64(NIODeadline.now().uptimeNanoseconds))
        // One more finds out by its own deadline.
        guard waiting < limits.connections else { return }
        waiting += 1
        for (id, borrowing) in borrowings
        where borrowing.account === account && scopes.isSubset(of: borrowing.requests.map(\.scope))
        {
            borrowings[id]?.waiters.append(waiter)
            return
        }
        let requests = shortages.map { shortage in
            BorrowRequest(
                scope: shortage.scope, needed: shortage.needed,
                wanted: shortage.needed * Self.borrowFactor + Self.borrowLeast)
        }
        ask(Borrowing(account: account, requests: requests, waiters: [waiter]))
    }

    /// Asks control for what will be lacking soon, while nobody waits for it. A wish that gets lost
    /// with the connection is told again by the next request.
    func borrow(ahead wishes: [Wish], for account: AccountOwner) {
        guard send != nil else { return }
        let requests = wishes.map { wish in
            BorrowRequest(scope: wish.scope, needed: .zero, wanted: wish.amount)
        }
        ask(Borrowing(account: account, requests: requests, waiters: []))
    }

    private func ask(_ borrowing: Borrowing) {
        lastBorrowing += 1
        borrowings[lastBorrowing] = borrowing
        send?(.borrow(id: lastBorrowing, requests: borrowing.requests))
    }

    func granted(_ id: Int64, _ grants: [ScopedAmount], at now: Int64) {
        guard let borrowing = borrowings.removeValue(forKey: id) else { return }
        for request in borrowing.requests {
            let amount = grants.first { $0.scope == request.scope }?.amount ?? .zero
            // Whether control has no more is asked by whoever needs it.
            let isDry = amount < request.wanted && request.needed > .zero
            borrowing.account.receive(
                amount, in: request.scope, dryUntil: isDry ? now + Self.dryNanoseconds : nil,
                at: now)
        }
        waiting -= borrowing.waiters.count
        for waiter in borrowing.waiters { waiter.ticket.resume(.money) }
    }

    /// Lets go of those who have waited longer than any request does: they have ended meanwhile, or
    /// are streams that ask again when they need to.
    func expireWaiters(at now: Int64) {
        guard waiting > 0 else { return }
        let eldest = now - limits.moneyWait.nanoseconds - Self.waiterGrace
        for id in Array(borrowings.keys) {
            while let waiter = borrowings[id]?.waiters.first, waiter.since < eldest {
                borrowings[id]?.waiters.removeFirst()
                waiting -= 1
                waiter.ticket.resume(.money)
            }
        }
    }

    /// The connection to control is lost: what was asked for is asked again on the next one.
    func linkLost() { send = nil }

    func linkFound(_ send: @escaping (GatewayMessage) -> Void) {
        self.send = send
        // An answer on the old connection will not come; what nobody waits for is not asked again.
        borrowings = borrowings.filter { !$0.value.waiters.isEmpty }
        for (id, borrowing) in borrowings.sorted(by: { $0.key < $1.key }) {
            send(.borrow(id: id, requests: borrowing.requests))
        }
    }

    /// All that was granted in this epoch.
    var lent: [ScopedAmount] {
        let purses =
            accounts.values.flatMap { $0.account.state.withLock { $0.purses } }
            + suppliers.values.flatMap { $0.state.withLock { Array($0.purses.values) } }
        return purses.filter { $0.lent > .zero }.map {
            ScopedAmount(scope: $0.scope, amount: $0.lent)
        }
    }

    // MARK: Giving back

    /// Returns money that nobody has used for a while. Not while control is away: it could not lend
    /// again.
    func returnIdle(at now: Int64) {
        guard send != nil else { return }
        give(
            { $0.takeFree(idleSince: now - Self.idleNanoseconds) },
            ofSuppliers: { $0.takeFree(idleSince: now - Self.idleNanoseconds) })
    }

    /// Returns what is free in the scopes that control asks for, or in all.
    func returnFree(in scopes: Set<Scope>?) {
        give(
            { $0.takeFree(idleSince: .max, scopes: scopes) },
            ofSuppliers: { $0.takeFree(idleSince: .max, scopes: scopes) })
    }

    private func give(
        _ take: (inout OrganizationAccount) -> [(scope: Scope, amount: Money)],
        ofSuppliers takeSupply: (inout SupplierAccount) -> [(scope: Scope, amount: Money)]
    ) {
        let now = clock.now()
        let taken =
            accounts.values.flatMap { $0.account.state.withLock { take(&$0) } }
            + suppliers.values.flatMap { $0.state.withLock { takeSupply(&$0) } }
        for (scope, amount) in taken {
            journal.appendSynced(.returned(scope, amount, at: now))
        }
    }
}
