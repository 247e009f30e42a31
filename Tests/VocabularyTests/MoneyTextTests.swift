import Testing
import Vocabulary

/// The text form of an amount is what the ledger stores: it has to be exact, both ways.
@Suite(.timeLimit(.minutes(10)))
struct MoneyTextTests {
    @Test(arguments: [
        ("0", Int128(0)), ("12", 12_000_000_000_000_000_000), ("-3.5", -3_500_000_000_000_000_000),
        ("0.0000124", 12_400_000_000_000), ("-0.000000000000000001", -1),
        ("0.100000000000000001", 100_000_000_000_000_001),
        ("170141183460469231731.687303715884105727", Int128.max),
        ("-170141183460469231731.687303715884105728", Int128.min),
    ])
    func `an amount is written without superfluous zeros, and read again`(
        text: String, units: Int128
    ) {
        #expect(Money(units: units).description == text)
        #expect(Money(text) == Money(units: units))
    }

    @Test(arguments: [
        (Money.dollars(12), 2, "12.00"), (.cents(-150), 2, "-1.50"), (.zero, 3, "0.000"),
        (Money(units: 1), 2, "0.000000000000000001"), (.cents(1), 18, "0.010000000000000000"),
    ])
    func `as many decimals are written as are wanted, and as are needed`(
        amount: Money, decimals: Int, text: String
    ) {
        #expect(amount.formatted(minimumDecimals: decimals) == text)
    }
}
