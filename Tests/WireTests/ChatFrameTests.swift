import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(10)))
struct ChatFrameTests {
    private func scan(_ event: String) throws -> ChatFrame {
        try Array(event.utf8).withUnsafeBytes { try ChatFrame.scan($0) }
    }

    private let tail =
        #""created":1795239789,"id":"chatcmpl-77b","model":"tiny","system_fingerprint":"b0-unknown","#
        + #""object":"chat.completion.chunk""#
    private let timings =
        #","timings":{"cache_n":4,"prompt_n":13,"prompt_ms":1.497,"prompt_per_token_ms":0.11,"#
        + #""prompt_per_second":8684.03,"predicted_n":2,"predicted_ms":0.587,"#
        + #""predicted_per_token_ms":0.587,"predicted_per_second":1703.57}"#

    @Test
    func `a frame of llama cpp with timings`() throws {
        let event =
            #"data: {"choices":[{"finish_reason":null,"index":3,"delta":{"content":"!"}}],"#
            + tail + timings + "}\n\n"
        let frame = try scan(event)
        #expect(frame.kind == .data && frame.hasContent && !frame.finishReason)
        #expect(frame.choiceIndex == 3 && frame.choiceCount == 1)
        #expect(frame.predicted == 2 && frame.promptProcessed == 13 && frame.promptCached == 4)
        #expect(frame.usage == nil && !frame.isUsageOnly)
        #expect(text(event, frame.timingsRange) == timings)
        #expect(text(event, frame.modelRange) == #""tiny""#)
        #expect(text(event, frame.identifierRange) == #""chatcmpl-77b""#)
        #expect(frame.created == 1_795_239_789)
        #expect(text(event, frame.dataRange)?.first == "{")
        #expect(text(event, frame.dataRange)?.last == "}")
        let offset = try #require(frame.usageNullInsertOffset)
        #expect(text(event, offset..<event.utf8.count) == "}\n\n")
    }

    @Test
    func `the first frame and the last`() throws {
        let first = try scan(
            #"data: {"choices":[{"finish_reason":null,"index":0,"delta":"#
                + #"{"role":"assistant","content":null}}],"# + tail + "}\n\n")
        #expect(!first.hasContent && !first.finishReason && first.timingsRange == nil)
        let last = try scan(
            #"data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"# + tail + "}\n\n")
        #expect(!last.hasContent && last.finishReason)
        let usageText =
            #"{"completion_tokens":5,"prompt_tokens":13,"total_tokens":18,"#
            + #""prompt_tokens_details":{"cached_tokens":4}}"#
        let event = #"data: {"choices":[],\#(tail),"usage":\#(usageText)\#(timings)}"# + "\n\n"
        let usage = try scan(event)
        #expect(usage.isUsageOnly)
        #expect(
            usage.usage == EngineUsage(promptTokens: 13, cachedTokens: 4, completionTokens: 5))
        #expect(text(event, usage.usageRange) == #","usage":\#(usageText)"#)
        #expect(text(event, usage.usageValueRange) == usageText)
        #expect(text(event, usage.timingsRange) == timings)
        #expect(usage.usageNullInsertOffset == nil)
        let done = try scan("data: [DONE]\n\n")
        #expect(done.kind == .done)
    }

    @Test
    func `text that looks like members is text`() throws {
        let event =
            #"data: {"choices":[{"index":0,"delta":{"content":"\",\"usage\":{\"prompt_tokens\":9},"#
            + #"\"timings\":{\"predicted_n\":7},\"error\":1}\\"},"finish_reason":null}]}"# + "\n\n"
        let frame = try scan(event)
        #expect(frame.kind == .data && frame.hasContent)
        #expect(frame.usage == nil && frame.predicted == nil && frame.timingsRange == nil)
    }

    static let kinds: [(String, ChatFrame.Kind, content: Bool)] = [
        (": ping\n\n", .comment, false), ("\n\n", .comment, false),
        ("id: 7\nretry: 9\n\n", .comment, false),
        (": ping\ndata: [DONE]\n\n", .done, false), ("data:[DONE]\r\n\r\n", .done, false),
        ("data: null\n\n", .comment, false),
        (#"data:{"choices":[{"index":0,"text":"a"}]}"# + "\r\r", .data, true),
        (#"data: {"choices":[{"index":0,"text":""}]}"# + "\n\n", .data, false),
        (#"data: {"choices":[{"delta":{"tool_calls":[]}}]}"# + "\n\n", .data, false),
        (#"data: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"# + "\n\n", .data, true),
        (#"data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}"# + "\n\n", .data, true),
        (
            #"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}"# + "\n\n", .data,
            false
        ),
        (#"data: {"choices":null,"usage":null,"timings":null}"# + "\n\n", .data, false),
        (#"data: {"error":null,"choices":[]}"# + "\n\n", .data, false),
        (#"data: {"error":{"message":"no","code":500}}"# + "\n\n", .error, false),
        (#"event: error"# + "\n" + #"data: {"message":"no"}"# + "\n\n", .error, false),
        (#"event: chunk"# + "\n" + #"data: {"choices":[]}"# + "\nid: 3\n\n", .data, false),
        ("data: {}\n\n", .data, false),
    ]

    @Test(arguments: kinds)
    func `kinds of events`(_ event: String, _ kind: ChatFrame.Kind, content: Bool) throws {
        let frame = try scan(event)
        #expect(frame.kind == kind)
        #expect(frame.hasContent == content)
    }

    @Test(arguments: [
        "data: \n\n", "data: x\n\n", "data: {\n\n", "data: []\n\n", "data: {\"a\":1}x\n\n",
        "data: {\"a\":1}\ndata: {\"b\":2}\n\n", "data: {\"a\":\"\u{1}\"}\n\n",
        "data: {\"choices\":[{]}\n\n", "data: 7\n\n",
    ])
    func `an event that is no JSON is an error of the engine`(_ event: String) {
        let failure = #expect(throws: Failure.self) { try scan(event) }
        #expect(failure?.code == .engineFailed)
    }

    /// Wherever the two members stand, cutting them leaves the rest an object.
    @Test
    func `members are cut with one comma`() throws {
        let members = [
            #""timings":{"predicted_n":1}"#, #""usage":{"prompt_tokens":1}"#, #""id":"x""#,
        ]
        for order in [
            [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 1], [0],
        ] {
            let body = order.map { members[$0] }.joined(separator: " , ")
            let event = "data: { \(body) }\n\n"
            let frame = try scan(event)
            let cuts = [frame.timingsRange, frame.usageRange].compactMap(\.self)
                .sorted { $0.lowerBound < $1.lowerBound }
            let bytes = Array(event.utf8)
            let rest = bytes.withUnsafeBytes { raw in
                apply(cuts.map { Splice(range: $0, replacement: []) }, to: raw)
            }
            let left = String(decoding: rest, as: UTF8.self).filter { $0 != " " }
            #expect(left == (order.contains(2) ? #"data:{"id":"x"}"# : "data:{}") + "\n\n")
        }
    }
}
