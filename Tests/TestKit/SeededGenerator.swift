package import Vocabulary

/// The same seed, the same numbers. A failing property test names its seed.
package typealias SeededGenerator = SplitMix64

extension Instant {
    /// A fixed time for tests: 2026-11-21T12:00:00Z.
    package static let noon = Instant(microseconds: 1_795_262_400_000_000)
}
