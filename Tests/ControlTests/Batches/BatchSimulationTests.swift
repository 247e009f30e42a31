import TestKit
import Testing

/// Batches under random interleavings and crashes. A failing case repeats by its seed.
@Suite(.timeLimit(.minutes(10)))
struct BatchSimulationTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no line is lost, run twice or charged twice`(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            var simulation = try await BatchSimulation(seed: seed, directory: directory)
            for _ in 0..<150 { try await simulation.step() }
            try await simulation.finish()
        }
    }
}
