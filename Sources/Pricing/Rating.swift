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

    /// Of what a supplier takes per million tokens; a class that is not named costs nothing.
    package init(perMillion: [TokenClass: Money]) {
        self.init(ModelPrice(model: "", perMillion: perMillion, source: "", sourceDate: ""))
    }

    /// The first class in which this price is below `cost`; nil: it covers it, whatever the mix.
    package func shortfall(below cost: Rate) -> (class: TokenClass, price: Money, cost: Money)? {
        let pairs: [(TokenClass, Money, Money)] = [
            (.input, input, cost.input), (.cacheRead, cacheRead, cost.cacheRead),
            (.cacheWrite, cacheWrite, cost.cacheWrite), (.output, output, cost.output),
            (.reasoning, reasoning, cost.reasoning), (.embedding, embedding, cost.embedding),
        ]
        return pairs.first { $0.1 < $0.2 }
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
