package import Vocabulary

/// Turning quantities into money. Pure: the same counts and price give the same units, and nothing
/// is rounded here; the one rounding is the invoice line's.
package struct Rate: Hashable, Sendable {
    package let input: Money
    package let cacheRead: Money
    package let cacheWrite: Money
    package let output: Money
    package let reasoning: Money
    package let embedding: Money

    package init(_ price: ModelPrice) {
        self.input = price.perToken(.input)
        self.cacheRead = price.perToken(.cacheRead)
        self.cacheWrite = price.perToken(.cacheWrite)
        self.output = price.perToken(.output)
        self.reasoning = price.perToken(.reasoning)
        self.embedding = price.perToken(.embedding)
    }

    package func charge(for counts: TokenCounts) -> Money {
        input * counts.input + cacheRead * counts.cacheRead + cacheWrite * counts.cacheWrite
            + output * counts.output + reasoning * counts.reasoning + embedding * counts.embedding
    }

    /// The most that one prompt token can cost: whether it will be cached is not known beforehand.
    package var highestPrompt: Money { max(input, max(cacheRead, max(cacheWrite, embedding))) }
    /// The most that one generated token can cost.
    package var highestGenerated: Money { max(output, reasoning) }

    /// An upper bound of what a request can cost.
    package func ceiling(promptTokens: Int64, generatedTokens: Int64) -> Money {
        highestPrompt * promptTokens + highestGenerated * generatedTokens
    }
}
