import Testing

@testable import Gateway

@Suite struct StallGuardTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `a loop that stood still forgives once, and a slow one no more`() {
        var guarding = StallGuard()
        let looks: [(seconds: Int64, mayEnforce: Bool)] = [
            (100, true), (101, true), (103, true),  // as often as it should, or nearly
            (110, false), (111, true),  // stopped for 7 s, then awake
            (120, false), (130, true), (140, false), (141, true),  // never on time
        ]
        for look in looks {
            let may = guarding.mayEnforce(at: look.seconds * Self.second)
            #expect(may == look.mayEnforce, "at \(look.seconds) s")
        }
    }
}
