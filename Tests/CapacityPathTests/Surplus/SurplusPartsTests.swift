import Testing

@testable import CapacityPath

@Suite struct RiskBudgetTests {
    @Test func anOverdraftIsPaidBackAndASavingMayBeSpent() {
        var budget = RiskBudget(risk: 0.001)
        #expect(budget.allowedRate == 0.001)
        for _ in 0..<1440 { budget.accrue(demand: 100) }
        let saved = budget.allowedRate
        #expect(saved > 0.001)
        budget.spend(144)
        #expect(abs(budget.allowedRate - 0.001) < 1e-9)
        budget.spend(1000)
        #expect(budget.allowedRate == 0)
    }

    @Test func aSavingIsNotSpentAtOnce() {
        var budget = RiskBudget(risk: 0.001)
        for _ in 0..<100_000 { budget.accrue(demand: 100) }
        #expect(budget.allowedRate == 0.005)
    }
}

@Suite struct LeaseBookTests {
    @Test func aLeaseEndsAfterItsTerm() {
        var book = LeaseBook(term: 3)
        for minute in 0..<10 {
            book.expire(goodMinutes: minute)
            if minute == 4 { book.sell(5, goodMinutes: minute) }
            #expect(book.held == ((4..<7).contains(minute) ? 5 : 0))
        }
    }
}

@Suite struct InternalDemandTests {
    @Test func pendingCountsUpToTheCapacity() {
        var demand = InternalDemand()
        demand.observe(sample(60, pending: 20))
        #expect(demand.demand == 80)
        demand.observe(sample(90, pending: 300))
        #expect(demand.demand == 100)
    }

    @Test func beforeAnyGoodMinuteTheWholePoolIsNeeded() {
        var demand = InternalDemand()
        demand.observe(sample(0))
        #expect(demand.demand == 100)
        #expect(demand.gap != nil)
    }

    @Test func aSizeThatLastsLongerThanTheUsualBecomesIt() {
        var demand = InternalDemand()
        for _ in 0..<10 { demand.observe(sample(40)) }
        for _ in 0..<10 {
            demand.observe(sample(40, of: 120))
            #expect(demand.gap != nil)
        }
        demand.observe(sample(40, of: 120))
        #expect(demand.capacity == 120)
        #expect(demand.gap == nil)
    }

    @Test func theInventorysSizeHolds() {
        var demand = InternalDemand()
        demand.resize(to: 100)
        for _ in 0..<100 { demand.observe(sample(40, of: 120)) }
        #expect(demand.capacity == 100)
        #expect(demand.gap == .size(total: 120, usual: 100))
    }
}

@Suite struct ForecastTests {
    @Test func aRecordOfHarmRaisesTheHeadroom() {
        var calm = LeaseForecast(term: 360)
        var rough = LeaseForecast(term: 360)
        for minute in 0..<20_000 {
            calm.observe(demand: 40, capacity: 100)
            rough.observe(demand: minute % 2000 < 100 ? 80 : 40, capacity: 100)
        }
        let risk = 0.001
        let calmLevel = calm.level(demand: 40, capacity: 100, allowedRate: risk, risk: risk)
        let roughLevel = rough.level(demand: 40, capacity: 100, allowedRate: risk, risk: risk)
        #expect(calmLevel.accelerators > roughLevel.accelerators)
        #expect(calmLevel.headroom < roughLevel.headroom)
    }

    @Test func moreRiskSellsMore() {
        var forecast = LeaseForecast(term: 360)
        let demands = wandering(seed: 3, minutes: 10_000)
        for demand in demands { forecast.observe(demand: demand, capacity: 400) }
        let now = demands.last ?? 0
        let levels = [0.0001, 0.001, 0.01].map {
            forecast.level(demand: now, capacity: 400, allowedRate: $0, risk: 0.001).accelerators
        }
        #expect(levels == levels.sorted())
        #expect(levels[0] < levels[2])
    }

    @Test func spotFollowsTheUsualRise() {
        var forecast = SpotForecast(notice: 2)
        for minute in 0..<3000 {
            forecast.observe(demand: minute % 60 == 0 ? 50 : 40, capacity: 100)
        }
        // One minute of every hour rises by 10: the root of 100 / 60.
        #expect(abs(forecast.usualRise(capacity: 100) - 1.295) < 0.05)
    }

    @Test func theExponentialIsClose() {
        #expect(abs(exponential(1) - 2.718_281_828) < 1e-8)
        #expect(abs(exponential(-3) - 0.049_787_068) < 1e-9)
    }
}

@Suite struct ExplanationTests {
    @Test func sharesAreWrittenInPerCent() {
        #expect(percent(0.001) == "0.1 %")
        #expect(percent(0.5) == "50 %")
        #expect(percent(0.12345) == "12.345 %")
    }
}
