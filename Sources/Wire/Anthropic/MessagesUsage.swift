import Vocabulary

/// The `usage` of a message: `input_tokens` leaves out what the prompt cache gave, and what engines
/// write into their cache is not told apart and costs nothing more.
enum MessagesUsage {
    static func append(_ usage: EngineUsage, to bytes: inout [UInt8]) {
        let counts = usage.counts(for: .chat)
        append(
            input: counts.input, cached: counts.cacheRead, output: counts.generated,
            thinking: counts.reasoning, to: &bytes)
    }

    /// `output` includes `thinking`, the hidden reasoning.
    static func append(
        input: Int64, cached: Int64, output: Int64, thinking: Int64 = 0, to bytes: inout [UInt8]
    ) {
        bytes += Array(
            ("{\"input_tokens\":\(input),\"cache_creation_input_tokens\":0,"
                + "\"cache_read_input_tokens\":\(cached),\"cache_creation\":"
                + "{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0},"
                + "\"output_tokens\":\(output),\"output_tokens_details\":"
                + "{\"thinking_tokens\":\(thinking)},\"service_tier\":\"standard\"}").utf8)
    }
}

/// Why an answer ended.
struct MessagesEnd: Hashable, Sendable {
    enum Reason: String {
        case endTurn = "end_turn"
        case maximumTokens = "max_tokens"
        case stopSequence = "stop_sequence"
        case toolUse = "tool_use"
        case refusal = "refusal"
    }

    var reason = Reason.endTurn
    /// The stop sequence that was met, as JSON; engines that do not name it leave it out.
    var sequence: [UInt8]?

    /// Takes a choice's `finish_reason` and `stop_reason`; values that are no strings say nothing.
    mutating func note(finish: JSONValue?, stop: JSONValue?, in cursor: JSONCursor) {
        if let finish, finish.kind == .string {
            if cursor.isText(finish, "length") {
                reason = .maximumTokens
            } else if cursor.isText(finish, "tool_calls") || cursor.isText(finish, "function_call")
            {
                reason = .toolUse
            } else if cursor.isText(finish, "content_filter") {
                reason = .refusal
            }
        }
        if let stop, stop.kind == .string, reason == .endTurn {
            reason = .stopSequence
            sequence = Array(cursor.bytes(stop.range))
        }
    }

    /// `calledTool`: some engines call the end of a tool call a plain stop.
    func append(calledTool: Bool, to bytes: inout [UInt8]) {
        let told = reason == .endTurn && calledTool ? Reason.toolUse : reason
        bytes += Array("\"stop_reason\":\"\(told.rawValue)\",\"stop_sequence\":".utf8)
        bytes += sequence ?? Array("null".utf8)
    }
}
