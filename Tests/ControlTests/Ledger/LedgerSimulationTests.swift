import TestKit
import Testing

/// The laws of the ledger under random interleavings and crashes. A failing case repeats by its
/// seed.
@Suite(.timeLimit(.minutes(10)))
struct LedgerSimulationTests {
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `no dollar is lost, doubled or overspent`(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            var simulation = try await LedgerSimulation(seed: seed, directory: directory)
            for _ in 0..<150 { try await simulation.step() }
            try await simulation.finish()
        }
    }
}
