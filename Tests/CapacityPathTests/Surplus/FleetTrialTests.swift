import CapacityPath
import Testing
import Vocabulary

@Suite struct FleetTrialTests {
    @Test func `a trial's fleet has the size that was asked for, and work on it`() throws {
        var trial = try FleetTrial(
            pools: 12, acceleratorsPerPool: 20, seed: 1, clock: { .zero })
        #expect(trial.size == (12, 36, 288))
        let minutes = (0..<30).map { _ in trial.step() }
        let steady = minutes.dropFirst(10)
        #expect(steady.allSatisfy { $0.leases > 6 && $0.events > $0.leases / 2 }, "\(steady)")
        #expect(Set(minutes.map(\.leases)).count > 3)
    }

    @Test func `the same seed gives the same minutes`() throws {
        let minutes = try [4 as UInt64, 4, 5].map { seed in
            var trial = try FleetTrial(
                pools: 3, acceleratorsPerPool: 16, seed: seed, clock: { .zero })
            return (0..<20).map { _ in trial.step() }
        }
        #expect(minutes[0] == minutes[1] && minutes[1] != minutes[2])
    }

    @Test func `a fleet of nothing is refused`() {
        #expect(throws: Failure.self) {
            try FleetTrial(pools: 0, acceleratorsPerPool: 8, seed: 1, clock: { .zero })
        }
    }
}
