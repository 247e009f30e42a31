import Testing
import Vocabulary
import Wire

/// Scans a body written as text.
func scan(
    _ body: String, _ operation: EngineOperation = .chat
) throws -> ScannedRequest {
    try Array(body.utf8).withUnsafeBytes {
        try OpenAIRequestScanner.scan($0, operation: operation)
    }
}

@Suite(.timeLimit(.minutes(10)))
struct RewriteTests {
    struct Case: Sendable {
        var body: String
        var operation = EngineOperation.chat
        var tokens: Int64?
        var model: String?
        var counting = OpenAIRewrite.Counting.finalUsage
        var cache: OpenAIRewrite.CacheScope?
        var expected: String
    }

    static let cases = [
        Case(
            body: #"{"model":"m","messages":[{"role":"user","content":"a"}]}"#,
            expected: #"{"model":"m","messages":[{"role":"user","content":"a"}]}"#),
        Case(
            body: #"{"model":"m","messages":[{"role":"user","content":"a"}]}"#, tokens: 7,
            model: "other \"one\"",
            expected: #"{"max_tokens":7,"model":"other \"one\"","#
                + #""messages":[{"role":"user","content":"a"}]}"#),
        Case(
            body: #" { "max_tokens" : 900, "model":"m","max_completion_tokens":900,"#
                + #""messages":[{"role":"user","content":"a"}]}"#,
            tokens: 12, model: "m",
            expected: #" { "max_tokens" : 12, "model":"m","max_completion_tokens":12,"#
                + #""messages":[{"role":"user","content":"a"}]}"#),
        Case(
            body: #"{"model":"m","stream":true,"max_completion_tokens":null,"#
                + #""messages":[{"role":"user","content":"a"}]}"#,
            tokens: 3, counting: .llamaTimings,
            expected: #"{"stream_options":{"include_usage":true},"timings_per_token":true,"#
                + #""model":"m","stream":true,"max_completion_tokens":3,"#
                + #""messages":[{"role":"user","content":"a"}]}"#),
        Case(
            body: #"{"model":"m","stream_options":{"include_usage":false},"stream":true,"#
                + #""messages":[{"role":"user","content":"a"}]}"#,
            counting: .continuousUsage, cache: .salt("org_1"),
            expected: #"{"cache_salt":"org_1","model":"m","stream_options":"#
                + #"{"include_usage":true,"continuous_usage_stats":true},"stream":true,"#
                + #""messages":[{"role":"user","content":"a"}]}"#),
        Case(
            body: #"{"model":"m","prompt":"a"}"#, operation: .completion,
            cache: .slot(3, mayRead: true),
            expected: #"{"id_slot":3,"model":"m","prompt":"a"}"#),
        Case(
            body: #"{"model":"m","prompt":"a"}"#, operation: .completion,
            cache: .slot(nil, mayRead: false),
            expected: #"{"cache_prompt":false,"model":"m","prompt":"a"}"#),
        Case(
            body: #"{"model":"m","stream_options":{"include_obfuscation":false},"stream":true,"#
                + #""messages":[{"role":"user","content":"a"}]}"#,
            expected: #"{"model":"m","stream_options":"#
                + #"{"include_usage":true,"include_obfuscation":false},"stream":true,"#
                + #""messages":[{"role":"user","content":"a"}]}"#),
    ]

    @Test(arguments: cases)
    func `only what must change changes`(_ one: Case) throws {
        let request = try scan(one.body, one.operation)
        let splices = OpenAIRewrite.splices(
            for: request, maximumTokens: one.tokens, upstreamModel: one.model,
            counting: one.counting, cache: one.cache)
        let rewritten = Array(one.body.utf8).withUnsafeBytes { apply(splices, to: $0) }
        #expect(String(decoding: rewritten, as: UTF8.self) == one.expected)
        #expect(
            Splice.resultCount(splices, bodyCount: one.body.utf8.count) == rewritten.count)
    }

    @Test(arguments: [
        "", #""stream":false,"#, #""stream":null,"stream_options":null,"#,
    ])
    func `a plain request can be made a stream`(_ stream: String) throws {
        let body = #"{"model":"m",\#(stream)"prompt":["a","b"],"max_tokens":9}"#
        let request = try scan(body, .completion)
        let splices = OpenAIRewrite.splices(
            for: request, maximumTokens: 3, upstreamModel: nil, counting: .finalUsage,
            cache: nil, asStream: true)
        let rewritten = Array(body.utf8).withUnsafeBytes { apply(splices, to: $0) }
        let again = try scan(String(decoding: rewritten, as: UTF8.self), .completion)
        #expect(again.streaming && again.includeUsage && again.maximumTokens == 3)
    }
}
