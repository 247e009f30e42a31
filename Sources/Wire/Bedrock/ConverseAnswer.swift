import Vocabulary

/// Writes an engine's plain answer as Converse's.
enum ConverseAnswer {
    static func make(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        let answer = try ChatAnswer(body)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(answer.length + 512)
        JSONText.append(
            plain: "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[", to: &bytes)
        var end = ConverseEnd()
        content(answer, request, &end, &bytes)
        JSONText.append(plain: "]}},\"stopReason\":\"", to: &bytes)
        end.reason.note(finish: answer.finish, stop: answer.stop, in: answer.cursor)
        end.isBlocked = request.guarded?.isBlocked == true
        JSONText.append(plain: end.text, to: &bytes)
        JSONText.append(plain: "\",", to: &bytes)
        ConverseEnd.append(usage, request, after: request.milliseconds, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func content(
        _ answer: ChatAnswer, _ request: AnsweredRequest, _ end: inout ConverseEnd,
        _ bytes: inout [UInt8]
    ) {
        var isFirst = true
        func separate() {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
        }
        if let thought = answer.thought {
            separate()
            JSONText.append(
                plain: "{\"reasoningContent\":{\"reasoningText\":{\"text\":", to: &bytes)
            bytes.append(contentsOf: answer.cursor.bytes(thought.range))
            JSONText.append(plain: "}}}", to: &bytes)
        }
        for text in answer.texts {
            separate()
            JSONText.append(plain: "{\"text\":", to: &bytes)
            bytes.append(contentsOf: answer.cursor.bytes(text.range))
            bytes.append(UInt8(ascii: "}"))
        }
        for (index, call) in answer.calls.enumerated() {
            separate()
            self.call(call, index, answer.cursor, request, &end, &bytes)
        }
    }

    private static func call(
        _ call: ChatAnswer.Call, _ index: Int, _ cursor: JSONCursor, _ request: AnsweredRequest,
        _ end: inout ConverseEnd, _ bytes: inout [UInt8]
    ) {
        end.calledTool = true
        JSONText.append(plain: "{\"toolUse\":{\"toolUseId\":", to: &bytes)
        if let id = call.id {
            bytes.append(contentsOf: cursor.bytes(id.range))
        } else {
            JSONText.append(toolIdentifier(request, index), to: &bytes)
        }
        JSONText.append(plain: ",\"name\":", to: &bytes)
        bytes.append(contentsOf: cursor.bytes(call.name.range))
        JSONText.append(plain: ",\"input\":", to: &bytes)
        let input = call.input(cursor)
        bytes += input.object
        if !input.isWhole { end.isMalformed = true }
        JSONText.append(plain: "}}", to: &bytes)
    }

    /// For engines that name no call.
    static func toolIdentifier(_ request: AnsweredRequest, _ index: Int) -> String {
        "tooluse_\(request.request.split(separator: "_").last ?? "")_\(index)"
    }
}

/// How an answer of Converse ends.
struct ConverseEnd: Hashable, Sendable {
    var reason = MessagesEnd()
    /// Some engines call the end of a tool call a plain stop.
    var calledTool = false
    /// A tool's arguments are no JSON object.
    var isMalformed = false
    /// A guardrail's message stands in its place.
    var isBlocked = false

    var text: StaticString {
        if isBlocked { return "guardrail_intervened" }
        return switch reason.reason {
        case .endTurn where calledTool: isMalformed ? "malformed_tool_use" : "tool_use"
        case .toolUse: isMalformed ? "malformed_tool_use" : "tool_use"
        case .endTurn: "end_turn"
        case .maximumTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .refusal: "content_filtered"
        }
    }

    /// `usage`, `metrics`, and what the answer echoes. Tokens out of the prompt cache are not in
    /// `inputTokens`, but in the total; what engines write into their cache is not told apart and
    /// costs nothing more.
    static func append(
        _ usage: EngineUsage, _ request: AnsweredRequest, after milliseconds: Int64,
        to bytes: inout [UInt8]
    ) {
        let counts = usage.counts(for: .chat)
        bytes += Array(
            ("\"usage\":{\"inputTokens\":\(counts.input),\"outputTokens\":\(counts.generated),"
                + "\"totalTokens\":\(counts.prompt + counts.generated),"
                + "\"cacheReadInputTokens\":\(counts.cacheRead),\"cacheWriteInputTokens\":0},"
                + "\"metrics\":{\"latencyMs\":\(milliseconds)}").utf8)
        bytes += request.memo
        guard let trace = request.guarded?.trace else { return }
        JSONText.append(plain: ",\"trace\":", to: &bytes)
        bytes += trace.ofConverse
    }
}
