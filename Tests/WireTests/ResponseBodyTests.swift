import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(10)))
struct ResponseBodyTests {
    private func scan(
        _ body: String
    ) throws -> (usage: EngineUsage?, timingsRange: Range<Int>?, modelRange: Range<Int>?) {
        try Array(body.utf8).withUnsafeBytes { try ResponseBodyScan.scan($0) }
    }

    @Test
    func `an answer of llama cpp`() throws {
        let body =
            #"{"choices":[{"finish_reason":"length","index":0,"message":{"role":"assistant","#
            + #""content":"\"usage\":{\"prompt_tokens\":1}"}}],"created":1795242551,"model":"tiny","#
            + #""usage":{"completion_tokens":3,"prompt_tokens":13,"total_tokens":16,"#
            + #""prompt_tokens_details":{"cached_tokens":12}},"timings":{"cache_n":12}}"#
        let answer = try scan(body)
        #expect(
            answer.usage
                == EngineUsage(promptTokens: 13, cachedTokens: 12, completionTokens: 3))
        #expect(text(body, answer.timingsRange) == #","timings":{"cache_n":12}"#)
        #expect(text(body, answer.modelRange) == #""tiny""#)
    }

    @Test
    func `a large answer of embeddings`() throws {
        let numbers = Array(repeating: "-0.0123456789", count: 20_000).joined(separator: ",")
        let answer = try scan(
            #"{"data":[{"embedding":[\#(numbers)],"index":0}],"usage":{"prompt_tokens":6}}"#)
        #expect(answer.usage?.counts(for: .embedding) == TokenCounts(embedding: 6))
        #expect(answer.timingsRange == nil && answer.modelRange == nil)
    }

    static let usages: [(String, EngineOperation, TokenCounts)] = [
        (
            #"{"prompt_tokens":5,"completion_tokens":7}"#, .completion,
            TokenCounts(input: 5, output: 7)
        ),
        (
            #"{"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":9},"completion_tokens":7}"#,
            .chat, TokenCounts(cacheRead: 5, output: 7)
        ),
        (
            #"{"prompt_tokens":5,"prompt_tokens_details":null,"completion_tokens":7,"#
                + #""completion_tokens_details":{"reasoning_tokens":4},"total_tokens":12}"#,
            .chat, TokenCounts(input: 5, output: 3, reasoning: 4)
        ),
        (
            #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":16,"#
                + #""completion_tokens_details":{"reasoning_tokens":4}}"#,
            .chat, TokenCounts(input: 5, output: 7, reasoning: 4)
        ),
        (
            #"{"prompt_tokens":50,"prompt_cache_hit_tokens":20,"completion_tokens":7}"#,
            .chat, TokenCounts(input: 30, cacheRead: 20, output: 7)
        ),
        (
            #"{"prompt_tokens":-5,"completion_tokens":1.5}"#, .chat, TokenCounts.zero
        ),
        (
            #"{"prompt_tokens":9223372036854775807,"completion_tokens":3}"#, .chat,
            TokenCounts(output: 3)
        ),
        (
            #"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":3}}"#, .embedding,
            TokenCounts(embedding: 9)
        ),
    ]

    @Test(arguments: usages)
    func `classes of tokens do not overlap`(
        _ usage: String, _ operation: EngineOperation, _ counts: TokenCounts
    ) throws {
        #expect(try scan(#"{"usage":\#(usage)}"#).usage?.counts(for: operation) == counts)
    }

    @Test(arguments: ["", "null", "[]", "{", "{} x", "<html>", #"{"usage":{}"#])
    func `a body that is no JSON object is an error of the engine`(_ body: String) {
        let failure = #expect(throws: Failure.self) { try scan(body) }
        #expect(failure?.code == .engineFailed)
    }

    @Test
    func `an answer without usage has none`() throws {
        #expect(try scan("{}").usage == nil)
        #expect(try scan(#"{"usage":null,"model":7}"#).usage == nil)
    }
}
