/// Where the time of day comes from. Nothing reads the machine's clock itself; tests inject theirs.
package struct WallClock: Sendable {
    package let now: @Sendable () -> Instant

    package init(now: @escaping @Sendable () -> Instant) { self.now = now }
}

/// Where randomness comes from: the system's generator in the product, a seeded one in tests.
package struct RandomSource: Sendable, RandomNumberGenerator {
    private let draw: @Sendable () -> UInt64

    package init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

    package func next() -> UInt64 { draw() }

    package static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
