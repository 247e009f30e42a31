import Testing
import Vocabulary

@Suite struct SplitMix64Tests {
    /// The first numbers of the seed 1234567, as the algorithm's published implementations give
    /// them: lease identifiers and simulations depend on them.
    private static let numbers: [UInt64] = [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]

    @Test func `a seed gives the published numbers`() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(Self.numbers.indices.map { _ in generator.next() } == Self.numbers)
    }

    @Test func `each number can be had by its index`() {
        for (index, number) in Self.numbers.enumerated() {
            #expect(SplitMix64.number(UInt64(index), ofSeed: 1_234_567) == number)
        }
        #expect(SplitMix64.mixed(1_234_567) == Self.numbers[0])
    }
}
