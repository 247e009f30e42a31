import Metering
import Pricing
import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct SupplierAccountTests {
    private static func name() throws -> SupplierName { try #require(SupplierName("outside")) }
    private static let day = "2026-11-21"
    private static let month = "2026-11"

    private static func rate(_ input: Int64, _ output: Int64) -> Rate {
        Rate(perMillion: [
            .input: .dollars(input), .output: .dollars(output), .cacheRead: .dollars(input),
            .cacheWrite: .dollars(input), .reasoning: .dollars(output),
        ])
    }

    private static func account(
        requests: Int = 2, daily: Money? = .dollars(3), monthly: Money? = .dollars(5)
    ) throws -> SupplierAccount {
        SupplierAccount(
            supplier: try name(),
            terms: SupplierAccount.Terms(
                requests: requests, dailyCap: daily, monthlyCap: monthly))
    }

    private static func scope(_ period: String) throws -> Scope {
        .supplierCap(try name(), period: period)
    }

    private static func take(
        _ account: inout SupplierAccount, ceiling: Money = .dollars(1),
        price: Rate = rate(1, 4), cost: Rate = rate(1, 4), at now: Int64 = 0
    ) -> SupplierAccount.Decision {
        account.take(price: price, cost: cost, ceiling: ceiling, at: now, on: .noon)
    }

    private static func refusal(_ decision: SupplierAccount.Decision) -> SupplierAccount.Refusal? {
        if case .refused(let refusal) = decision { refusal } else { nil }
    }

    @Test func `a request goes out only at a price that covers every class`() throws {
        let million: Int64 = 1_000_000
        for (price, cost, short) in [
            (Self.rate(1, 4), Self.rate(1, 4), nil),
            (Self.rate(2, 5), Self.rate(1, 4), nil),
            (Self.rate(1, 4), Self.rate(2, 4), TokenClass.input),
            (Self.rate(9, 3), Self.rate(1, 4), TokenClass.output),
        ] {
            var account = try Self.account(daily: nil, monthly: nil)
            let decision = Self.take(&account, price: price, cost: cost)
            guard let short else {
                guard case .taken = decision else {
                    Issue.record("\(decision)")
                    continue
                }
                continue
            }
            guard case .price(let found, let asked, let taken)? = Self.refusal(decision) else {
                Issue.record("\(decision)")
                continue
            }
            #expect(found == short && asked * million < taken * million)
            #expect(account.inFlight == 0)
        }
    }

    @Test func `both caps are borrowed under, and neither is ever exceeded`() throws {
        var account = try Self.account()
        guard case .borrow(let shortages) = Self.take(&account) else {
            Issue.record("nothing is lent yet")
            return
        }
        #expect(shortages.map(\.needed) == [.dollars(1), .dollars(1)])
        #expect(
            Set(shortages.map(\.scope)) == [try Self.scope(Self.day), try Self.scope(Self.month)])
        account.receive(.dollars(2), in: try Self.scope(Self.day), dryUntil: 100, at: 0)
        account.receive(.dollars(1), in: try Self.scope(Self.month), dryUntil: nil, at: 0)
        guard case .taken(let hold) = Self.take(&account) else {
            Issue.record("both are covered")
            return
        }
        // The month has nothing left and control may have: the day is not touched for that.
        guard case .borrow(let more) = Self.take(&account) else {
            Issue.record("the month is short")
            return
        }
        #expect(more.map(\.scope) == [try Self.scope(Self.month)])
        account.receive(.zero, in: try Self.scope(Self.month), dryUntil: 100, at: 0)
        #expect(
            Self.refusal(Self.take(&account))
                == .cap(.dollars(5), period: Self.month, needed: .dollars(1)))
        account.end(hold, cost: .cents(25))
        let month = try #require(account.purses[try Self.scope(Self.month)])
        #expect(month.free == .cents(75) && month.spent == .cents(25))
        #expect(account.inFlight == 0)
    }

    @Test func `what no loan can cover is refused with the cap's sum at once`() throws {
        var account = try Self.account()
        let refused = try #require(Self.refusal(Self.take(&account, ceiling: .dollars(4))))
        #expect(refused == .cap(.dollars(3), period: Self.day, needed: .dollars(4)))
        let sentence = refused.sentence(about: try Self.name())
        #expect(sentence.contains("3 dollars in 2026-11-21") && sentence.contains("the 4 that"))
    }

    @Test func `places end at their number, and a failure rests`() throws {
        var account = try Self.account(requests: 1, daily: nil, monthly: nil)
        guard case .taken(let hold) = Self.take(&account) else {
            Issue.record("there is a place")
            return
        }
        #expect(Self.refusal(Self.take(&account)) == .busy(1))
        account.end(hold, cost: .zero)
        account.rest(at: 0)
        #expect(Self.refusal(Self.take(&account, at: 1)) == .resting)
        guard case .taken = Self.take(&account, at: SupplierAccount.restNanoseconds) else {
            Issue.record("it has rested")
            return
        }
    }

    @Test func `what a supplier counts beyond the hold is made up for by the next grant`() throws {
        var account = try Self.account(daily: .dollars(3), monthly: nil)
        let scope = try Self.scope(Self.day)
        account.receive(.dollars(1), in: scope, dryUntil: nil, at: 0)
        guard case .taken(let hold) = Self.take(&account) else {
            Issue.record("it is covered")
            return
        }
        account.end(hold, cost: .cents(150))
        #expect(account.purses[scope]?.free == .cents(-50))
        #expect(account.takeFree(idleSince: .max).isEmpty)
        guard case .borrow(let shortages) = Self.take(&account) else {
            Issue.record("it is overdrawn")
            return
        }
        #expect(shortages.map(\.needed) == [.cents(150)])
    }

    /// Control lends out of a cap; requests come, cost what they cost, and what is free goes back.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `what is spent and held never exceeds the cap, nor requests their places`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let cap = Money.dollars(Int64.random(in: 1...6, using: &random))
        var account = try Self.account(requests: 3, daily: cap, monthly: nil)
        let scope = try Self.scope(Self.day)
        var left = cap
        var spent = Money.zero
        var holds: [SupplierAccount.Hold] = []
        for step in 0..<200 as Range<Int64> {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let ceiling = Money.cents(Int64.random(in: 1...120, using: &random))
                switch Self.take(&account, ceiling: ceiling, at: step * 10) {
                case .taken(let hold): holds.append(hold)
                case .borrow(let shortages):
                    let wanted = shortages[0].needed + .cents(25)
                    let grant = min(left, wanted)
                    left -= grant
                    account.receive(
                        grant, in: scope, dryUntil: grant < wanted ? step * 10 + 15 : nil,
                        at: step * 10)
                case .refused: break
                }
            case 2 where !holds.isEmpty:
                let hold = holds.removeFirst()
                let share = Int64.random(in: 0...100, using: &random)
                let cost = Money(units: hold.amount.units * Int128(share) / 100)
                spent += cost
                account.end(hold, cost: cost)
            default:
                for (_, amount) in account.takeFree(idleSince: step * 10) { left += amount }
            }
            let held = holds.reduce(Money.zero) { $0 + $1.amount }
            #expect(spent + held <= cap)
            #expect(holds.count == account.inFlight && account.inFlight <= 3)
            let free = account.purses[scope]?.free ?? .zero
            #expect(left + free + held + spent == cap, "no cent comes or goes")
        }
    }
}
