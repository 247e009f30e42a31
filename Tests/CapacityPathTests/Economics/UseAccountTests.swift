import Fleet
import Foundation
import Testing
import Vocabulary

@testable import CapacityPath

@Suite struct UseAccountTests {
    private static let midnight = EconomicsFleet.midnight
    private static let hour: Int64 = 3_600_000_000

    private func account(idle: Int64 = 8000) -> UseAccount {
        var account = UseAccount()
        account.node = 8000
        var uses = UseVector()
        uses[.idle] = idle
        account.change(from: UseVector(), to: uses, at: Self.midnight + .seconds(-3600))
        return account
    }

    @Test func `time is counted into the days in which it passed`() {
        var account = account()
        account.advance(to: Self.midnight + .seconds(25 * 3600))
        let first = UseDay.number(of: Self.midnight)
        #expect(account.days.map(\.day) == [first - 1, first, first + 1])
        #expect(
            account.days.map { $0.sums[.idle] } == [1, 24, 1].map { Int128($0 * Self.hour * 8000) })
        #expect(account.sum(.idle) == Int128(26 * Self.hour * 8000))
        #expect(account.total == account.capacity)
    }

    @Test func `late news changes the days that it is about, and no sum`() {
        var account = account()
        account.move(
            .whole(2), from: .idle, to: .sold, since: Self.midnight + .seconds(-1800),
            until: Self.midnight + .seconds(1800), at: Self.midnight + .seconds(3600))
        #expect(
            account.days.map { $0.sums[.sold] } == [2000, 2000].map { $0 * Int128(Self.hour) / 2 })
        #expect(account.sum(.sold) == 2000 * Int128(Self.hour))
        #expect(account.total == account.capacity)
        for day in account.days { #expect(day.sums.total == day.sums.capacity) }
    }

    @Test func `old days are given out once, and the last ones kept`() {
        var account = account()
        account.advance(to: Self.midnight + .seconds(10 * 86_400 + 60))
        let old = account.takeOldDays()
        #expect(old.count == 12 - UseAccount.keptDays)
        #expect(account.days.count == UseAccount.keptDays)
        #expect(account.takeOldDays().isEmpty)
        var all = UseSums()
        for day in old + account.days { all += day.sums }
        #expect(all.capacity == account.capacity)
    }

    @Test func `the last node is needed for what is not idle of a node`() {
        for (idle, total, needed) in [(0, 16, 8), (3, 16, 5), (8, 16, 0), (12, 16, 0), (0, 4, 4)] {
            var sums = UseSums()
            var uses = UseVector()
            uses[.idle] = Int64(idle) * 1000
            uses[.sold] = Int64(total - idle) * 1000
            sums.count(uses, node: 8000, for: 10)
            #expect(sums.lastNode == Int128(needed) * 10_000, "\(idle) idle of \(total)")
        }
    }

    @Test func `a snapshot from before days were kept is read`() throws {
        let old = """
            {"current":{"thousandths":[0,0,0,0,0,8000,0,0]},"sums":[1,2,3,4,5,6,7,8],\
            "capacity":36,"through":"2026-03-01T00:00:00.000Z"}
            """
        let account = try JSONDecoder().decode(UseAccount.self, from: Data(old.utf8))
        #expect(account.sum(.sold) == 1 && account.total == 36 && account.capacity == 36)
        #expect(account.through == Self.midnight && account.days.isEmpty)
        let again = try JSONDecoder().decode(
            UseAccount.self, from: try JSONEncoder().encode(account))
        #expect(again == account)
    }
}
