/// The disjoint classes in which tokens are counted and priced. Every token is in exactly one.
package enum TokenClass: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    /// Prompt tokens that the engine had to process.
    case input = "input_tokens"
    /// Prompt tokens that the engine read from its prefix cache.
    case cacheRead = "cache_read_tokens"
    /// Prompt tokens that were written into a cache on the customer's request.
    case cacheWrite = "cache_write_tokens"
    /// Generated tokens of the answer.
    case output = "output_tokens"
    /// Generated tokens of hidden reasoning.
    case reasoning = "reasoning_tokens"
    /// Tokens of texts that were turned into vectors.
    case embedding = "embedding_tokens"
}

/// How many tokens of each class; never negative.
package struct TokenCounts: Hashable, Sendable {
    package var input: Int64 = 0
    package var cacheRead: Int64 = 0
    package var cacheWrite: Int64 = 0
    package var output: Int64 = 0
    package var reasoning: Int64 = 0
    package var embedding: Int64 = 0

    package init(
        input: Int64 = 0, cacheRead: Int64 = 0, cacheWrite: Int64 = 0, output: Int64 = 0,
        reasoning: Int64 = 0, embedding: Int64 = 0
    ) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
        self.embedding = embedding
    }

    package static let zero = TokenCounts()

    package subscript(tokenClass: TokenClass) -> Int64 {
        get {
            switch tokenClass {
            case .input: input
            case .cacheRead: cacheRead
            case .cacheWrite: cacheWrite
            case .output: output
            case .reasoning: reasoning
            case .embedding: embedding
            }
        }
        set {
            switch tokenClass {
            case .input: input = newValue
            case .cacheRead: cacheRead = newValue
            case .cacheWrite: cacheWrite = newValue
            case .output: output = newValue
            case .reasoning: reasoning = newValue
            case .embedding: embedding = newValue
            }
        }
    }

    package var total: Int64 { input + cacheRead + cacheWrite + output + reasoning + embedding }
    /// Prompt side: what the engine read, cached or not.
    package var prompt: Int64 { input + cacheRead + cacheWrite }
    /// Answer side: what the engine wrote.
    package var generated: Int64 { output + reasoning }

    package static func + (left: TokenCounts, right: TokenCounts) -> TokenCounts {
        TokenCounts(
            input: left.input + right.input,
            cacheRead: left.cacheRead + right.cacheRead,
            cacheWrite: left.cacheWrite + right.cacheWrite,
            output: left.output + right.output,
            reasoning: left.reasoning + right.reasoning,
            embedding: left.embedding + right.embedding)
    }

    package static func += (left: inout TokenCounts, right: TokenCounts) { left = left + right }
}

extension TokenCounts: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for tokenClass in TokenClass.allCases {
            self[tokenClass] =
                try container.decodeIfPresent(Int64.self, forKey: Key(tokenClass)) ?? 0
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for tokenClass in TokenClass.allCases {
            try container.encode(self[tokenClass], forKey: Key(tokenClass))
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ tokenClass: TokenClass) { stringValue = tokenClass.rawValue }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
