package import Vocabulary

/// The `usage` object of an answer, in the engine's own counting: classes overlap.
package struct EngineUsage: Hashable, Sendable {
    /// Cached ones included.
    package var promptTokens: Int64 = 0
    /// Those of the prompt that came from the prefix cache.
    package var cachedTokens: Int64 = 0
    /// Hidden reasoning included.
    package var completionTokens: Int64 = 0
    package var reasoningTokens: Int64 = 0

    package init(
        promptTokens: Int64 = 0, cachedTokens: Int64 = 0, completionTokens: Int64 = 0,
        reasoningTokens: Int64 = 0
    ) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
    }

    /// The same tokens in classes that do not overlap: a cached prompt token is no input token, a
    /// reasoning token no output token, and everything that was embedded is an embedding token.
    package func counts(for operation: EngineOperation) -> TokenCounts {
        let prompt = max(0, promptTokens)
        if operation == .embedding { return TokenCounts(embedding: prompt) }
        let cached = min(max(0, cachedTokens), prompt)
        let completion = max(0, completionTokens)
        let reasoning = min(max(0, reasoningTokens), completion)
        return TokenCounts(
            input: prompt - cached, cacheRead: cached, output: completion - reasoning,
            reasoning: reasoning)
    }
}

extension JSONCursor {
    /// Reads a `usage` object; nil if the value is null or no object.
    mutating func usage() throws(Failure) -> EngineUsage? {
        guard try kind() == .object else {
            try skipValue()
            return nil
        }
        var usage = EngineUsage()
        var total: Int64?
        try enter()
        var first = true
        while let key = try nextKey(&first) {
            switch key.count {
            case 12 where matches(key, "total_tokens"): total = try count()
            case 13 where matches(key, "prompt_tokens"): usage.promptTokens = try count() ?? 0
            case 17 where matches(key, "completion_tokens"):
                usage.completionTokens = try count() ?? 0
            case 21 where matches(key, "prompt_tokens_details"):
                usage.cachedTokens = try detail("cached_tokens") ?? usage.cachedTokens
            case 23 where matches(key, "prompt_cache_hit_tokens"):
                usage.cachedTokens = try count() ?? usage.cachedTokens
            case 25 where matches(key, "completion_tokens_details"):
                usage.reasoningTokens = try detail("reasoning_tokens") ?? 0
            default: try skipValue()
            }
        }
        // Some suppliers count reasoning beside the completion; their total tells.
        let (apart, overflow) = usage.promptTokens.addingReportingOverflow(usage.completionTokens)
        if !overflow, let total, usage.reasoningTokens > 0, total > apart,
            total - apart == usage.reasoningTokens
        {
            usage.completionTokens = total - usage.promptTokens
        }
        return usage
    }

    /// Counts beyond it are nonsense, and adding them up could overflow.
    static let maximumCount: Int64 = 1 << 53

    /// A count of tokens; nil if the value is no whole number from zero to `maximumCount`.
    mutating func count() throws(Failure) -> Int64? {
        guard try kind() == .number else {
            try skipValue()
            return nil
        }
        return integer(try number()).flatMap { (0...Self.maximumCount).contains($0) ? $0 : nil }
    }

    /// One count out of an object, if it is there.
    private mutating func detail(_ name: StaticString) throws(Failure) -> Int64? {
        guard try kind() == .object else {
            try skipValue()
            return nil
        }
        var value: Int64?
        try enter()
        var first = true
        while let key = try nextKey(&first) {
            if matches(key, name) { value = try count() } else { try skipValue() }
        }
        return value
    }
}
