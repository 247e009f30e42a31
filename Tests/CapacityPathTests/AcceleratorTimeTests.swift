import TestKit
import Testing
import Vocabulary

@Suite struct AcceleratorTimeTests {
    @Test func anHourOfOneAcceleratorCostsThePriceOfAnHour() {
        let time = AcceleratorTime(.whole(1), seconds: 3600)
        #expect(time.amount(pricePerHour: .cents(246)) == .cents(246))
    }

    @Test func stretchesSumToTheWholeHoweverItIsCut() {
        let price = Money.cents(249)
        var total = Money.zero
        var rated = Money.zero
        var seconds: Int64 = 0
        for stretch in [1, 7, 59, 60, 61, 3600, 5] as [Int64] {
            seconds += stretch
            let amount = AcceleratorTime(Accelerators(thousandths: 333), seconds: seconds)
                .amount(pricePerHour: price)
            total += amount - rated
            rated = amount
        }
        #expect(
            total
                == AcceleratorTime(Accelerators(thousandths: 333), seconds: seconds)
                .amount(pricePerHour: price))
    }
}
