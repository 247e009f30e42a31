import Metering
import Pricing
import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct OrganizationAccountTests {
    private static let second: Int64 = 1_000_000_000

    /// One project with one key, and `money` in hand; control has no more.
    private static func account(
        money: Money, limits: TrafficLimits = TrafficLimits()
    ) -> (account: OrganizationAccount, actor: OrganizationAccount.Actor) {
        var account = OrganizationAccount(organization: Samples.organization)
        let project = account.addParty()
        let key = account.addParty()
        account.setTerms(of: project, limits: limits, budget: nil)
        account.setTerms(of: key, limits: TrafficLimits(), budget: nil)
        account.receive(money, in: Samples.scope, dryUntil: .max, at: second)
        return (account, OrganizationAccount.Actor(project: project, key: key))
    }

    private static func demand(_ generated: Int64, prompt: Int64 = 10) -> Demand {
        Demand(
            rate: Samples.rate, promptTokens: prompt, generatedTokens: generated,
            minimumGenerated: min(generated, 16), holdChunk: nil)
    }

    private static func failure(_ decision: AdmissionDecision) -> Failure? {
        if case .refused(let failure) = decision { failure } else { nil }
    }

    private static func hold(_ decision: AdmissionDecision) -> Hold? {
        if case .admitted(let hold, _) = decision { hold } else { nil }
    }

    @Test func `a limit of no requests a minute refuses every request`() {
        var (account, actor) = Self.account(
            money: .dollars(1), limits: TrafficLimits(requestsPerMinute: 0))
        let failure = Self.failure(account.admit(Self.demand(20), for: actor, at: Self.second))
        #expect(failure?.code == .rateLimited)
    }

    @Test func `what a stream gives back was its own, second by second`() throws {
        var (account, actor) = Self.account(
            money: .dollars(1), limits: TrafficLimits(tokensPerMinute: 10_000))
        var demand = Self.demand(2000, prompt: 10)
        demand.holdChunk = 1000
        var stream = try #require(Self.hold(account.admit(demand, for: actor, at: Self.second)))
        let later = 3 * Self.second
        let decision = account.extend(
            &stream, by: 100, rate: Samples.rate, for: actor, at: later)
        guard case .extended = decision else {
            Issue.record("not extended")
            return
        }
        let other = try #require(
            Self.hold(account.admit(Self.demand(3000), for: actor, at: later)))
        // 900 of the first thousand go back to its own second, which leaves the window first.
        account.settle(
            stream, charge: .zero, used: TokenCounts(input: 10, output: 100), for: actor, at: later)
        let remaining = account.status(for: actor, at: later).tokens?.remaining
        #expect(remaining == 6880)
        account.settle(
            other, charge: .zero, used: TokenCounts(input: 10, output: 3000), for: actor,
            at: later)
        // What the first second took has left the window; what the others took is still in it.
        let afterwards = account.status(for: actor, at: 62 * Self.second).tokens?.remaining
        #expect(afterwards == 6990)
    }

    @Test func `requests a minute and concurrency are exact`() throws {
        var (account, actor) = Self.account(
            money: .dollars(1), limits: TrafficLimits(requestsPerMinute: 3, concurrency: 2))
        var holds: [Hold] = []
        for _ in 0..<2 {
            let decision = account.admit(Self.demand(20), for: actor, at: Self.second)
            holds.append(try #require(Self.hold(decision)))
        }
        let busy = Self.failure(account.admit(Self.demand(20), for: actor, at: Self.second))
        #expect(busy?.message.contains("under way") == true)
        account.settle(holds[0], charge: .zero, used: .zero, for: actor, at: Self.second)
        let third = account.admit(Self.demand(20), for: actor, at: Self.second)
        #expect(Self.hold(third) != nil)
        account.settle(holds[1], charge: .zero, used: .zero, for: actor, at: Self.second)
        let many = Self.failure(account.admit(Self.demand(20), for: actor, at: Self.second))
        #expect(many?.message.contains("a minute") == true)
    }

    @Test func `an answer is cut to what the money pays for`() throws {
        // 10 prompt tokens at 1e-6 and 25 generated at 4e-6.
        var (account, actor) = Self.account(
            money: Samples.rate.ceiling(
                promptTokens: 10, generatedTokens: 25))
        let decision = account.admit(Self.demand(1000), for: actor, at: Self.second)
        let hold = try #require(Self.hold(decision))
        #expect(hold.generatedLimit == 25)
        #expect(hold.clamp == .credit)
        #expect(account.purses[0].free == .zero)
        let failure = Self.failure(account.admit(Self.demand(20), for: actor, at: Self.second))
        #expect(failure?.code == .insufficientQuota)
        #expect(failure?.message.contains("under way") == true)
    }

    @Test func `money that control may have is borrowed first`() {
        var account = OrganizationAccount(organization: Samples.organization)
        let actor = OrganizationAccount.Actor(project: account.addParty(), key: account.addParty())
        guard
            case .borrow(let shortages) = account.admit(
                Self.demand(100), for: actor, at: Self.second)
        else {
            Issue.record("not asked for money")
            return
        }
        #expect(shortages.map(\.scope) == [Samples.scope])
        #expect(
            shortages.map(\.needed)
                == [Samples.rate.ceiling(promptTokens: 10, generatedTokens: 100)])
    }

    private static func ahead(_ decision: AdmissionDecision) -> [Money]? {
        if case .admitted(_, let ahead) = decision { ahead.map(\.amount) } else { nil }
    }

    @Test func `money is borrowed again before it is lacking`() {
        let part = Samples.rate.ceiling(promptTokens: 10, generatedTokens: 100)
        let millisecond = Self.second / 1000
        var (account, actor) = Self.account(money: .zero)
        account.receive(part * 10, in: Samples.scope, dryUntil: nil, at: Self.second)
        func admit(after milliseconds: Int64) -> [Money]? {
            Self.ahead(
                account.admit(
                    Self.demand(100), for: actor, at: Self.second + milliseconds * millisecond))
        }
        // Half of the grant is held without a wish; then it is for twice as much, because the
        // grant lasted so short a time, and told once in 100 ms.
        for _ in 0..<5 { #expect(admit(after: 0) == []) }
        #expect(admit(after: 0) == [part * 20])
        #expect(admit(after: 99) == [])
        #expect(admit(after: 100) == [part * 20])
        // An answer that brings nothing lets it be told at once, and a slower need is for as much.
        account.receive(.zero, in: Samples.scope, dryUntil: nil, at: Self.second)
        #expect(admit(after: 1000) == [part * 10])
        // Nothing is wished for while control is known to have no more.
        account.receive(.zero, in: Samples.scope, dryUntil: .max, at: Self.second)
        #expect(admit(after: 2000) == [])
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `holds never exceed what is lent, and all of them end`(seed: UInt64) {
        var play = AccountPlay(seed: seed)
        for _ in 0..<300 {
            play.step()
            play.check()
        }
        play.endAll()
        play.check()
        for purse in play.account.purses { #expect(purse.held == .zero, "\(purse.scope)") }
    }
}

/// Random requests of two projects with two keys each, while money comes and goes and terms change.
struct AccountPlay {
    private struct Running {
        var hold: Hold
        let actor: OrganizationAccount.Actor
        let rate: Rate
    }

    private(set) var account = OrganizationAccount(organization: Samples.organization)
    private var random: SeededGenerator
    private var projects: [Int] = []
    private var keys: [Int] = []
    private var running: [Running] = []
    private var now: Int64 = 1_000_000_000
    private var budgets: UInt64 = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        projects = [account.addParty(), account.addParty()]
        keys = (0..<4).map { _ in account.addParty() }
    }

    mutating func step() {
        now += Int64.random(in: 0...2_000_000_000, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: changeTerms()
        case 1, 2: receive()
        case 3: _ = account.takeFree(idleSince: .max)
        case 4, 5: extend()
        case 6: settle()
        default: admit()
        }
    }

    mutating func endAll() { while !running.isEmpty { settle() } }

    func check() {
        for purse in account.purses {
            #expect(purse.free >= .zero, "\(purse.scope)")
            #expect(purse.held >= .zero, "\(purse.scope)")
            #expect(
                purse.free + purse.held + purse.spent + purse.returned == purse.lent,
                "\(purse.scope)")
        }
        let held = running.reduce(Money.zero) { $0 + $1.hold.amount }
        #expect(account.purses[0].held == held)
    }

    private mutating func admit() {
        let index = Int.random(in: 0..<4, using: &random)
        let actor = OrganizationAccount.Actor(project: projects[index / 2], key: keys[index])
        let generated = Int64.random(in: 0...2000, using: &random)
        let demand = Demand(
            rate: Samples.rate, promptTokens: Int64.random(in: 1...2000, using: &random),
            generatedTokens: generated, minimumGenerated: min(generated, 16),
            holdChunk: Bool.random(using: &random) ? 64 : nil)
        switch account.admit(demand, for: actor, at: now) {
        case .admitted(let hold, let ahead):
            for wish in ahead { #expect(wish.amount > .zero) }
            #expect(hold.generatedReserved <= hold.generatedLimit)
            #expect(hold.generatedLimit <= generated)
            running.append(Running(hold: hold, actor: actor, rate: demand.rate))
        case .borrow(let shortages):
            for shortage in shortages { #expect(shortage.needed > .zero) }
        case .refused(let failure):
            #expect([.rateLimited, .insufficientQuota].contains(failure.code))
        }
    }

    private mutating func extend() {
        guard let index = running.indices.randomElement(using: &random) else { return }
        let before = running[index].hold
        let decision = account.extend(
            &running[index].hold, by: 64, rate: running[index].rate, for: running[index].actor,
            at: now)
        let after = running[index].hold
        #expect(after.generatedReserved <= max(before.generatedLimit, before.generatedReserved))
        if case .extended = decision { return }
        #expect(after.amount == before.amount, "nothing is held by an extension that failed")
    }

    private mutating func settle() {
        guard let index = running.indices.randomElement(using: &random) else { return }
        let request = running.remove(at: index)
        let known = TokenCounts(
            input: Int64.random(in: 0...4000, using: &random),
            output: Int64.random(in: 0...4000, using: &random))
        let result = Settlement.settle(
            outcome: .completed, known: known, wasDelivered: Bool.random(using: &random),
            rate: request.rate, chargeLimit: account.chargeLimit(of: request.hold))
        #expect(result.billed + result.unbilled == known)
        account.settle(
            request.hold, charge: result.amount, used: known, for: request.actor, at: now)
    }

    private mutating func receive() {
        guard let scope = account.purses.randomElement(using: &random)?.scope else { return }
        let amount = Money(units: Int128.random(in: 0...10_000_000_000_000_000, using: &random))
        account.receive(
            amount, in: scope, dryUntil: Bool.random(using: &random) ? now + 100 : nil, at: now)
    }

    private mutating func changeTerms() {
        let party = (projects + keys).randomElement(using: &random) ?? 0
        var budget: Scope?
        if Bool.random(using: &random) {
            budgets += 1
            budget = Samples.budget(UInt64.random(in: 0...budgets, using: &random))
        }
        let limits = TrafficLimits(
            requestsPerMinute: [nil, 0, 30].randomElement(using: &random) ?? nil,
            tokensPerMinute: [nil, 0, 9000].randomElement(using: &random) ?? nil,
            concurrency: [nil, 0, 5].randomElement(using: &random) ?? nil)
        account.setTerms(of: party, limits: limits, budget: budget)
    }
}
