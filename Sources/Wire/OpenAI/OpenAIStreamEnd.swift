/// The events with which we end a stream ourselves, at a token boundary.
package enum OpenAIStreamEnd {
    /// `data: [DONE]`
    package static let done = Array("data: [DONE]\n\n".utf8)

    /// A comment that keeps an idle connection open; clients skip it.
    package static let keepAlive = Array(": ping\n\n".utf8)

    /// Everything from the last chunk to `[DONE]`: the chunk with `finish_reason` for each of the
    /// choices that are still open, with our reason in a member of its own; then, if there is a
    /// `usage`, the usage chunk.
    package static func finalFrame(
        id: String, created: Int64, model: String, finishReason: String = "length",
        stopReason: String, message: String, usage: EngineUsage?,
        operation: EngineOperation = .chat, choices: [Int] = [0]
    ) -> [UInt8] {
        let head = head(id: id, created: created, model: model, operation: operation)
        let answer = operation == .chat ? "\"delta\":{}" : "\"text\":\"\""
        var list: [String] = []
        for index in choices {
            list.append(
                "{\"index\":\(index),\(answer),\"logprobs\":null,"
                    + "\"finish_reason\":\"\(finishReason)\"}")
        }
        var bytes = head
        bytes += Array(",\"choices\":[\(list.joined(separator: ","))]".utf8)
        if usage != nil { bytes += Array(",\"usage\":null".utf8) }
        bytes += Array(",\"spillway\":{\"stop_reason\":".utf8)
        JSONText.append(stopReason, to: &bytes)
        bytes += Array(",\"message\":".utf8)
        JSONText.append(message, to: &bytes)
        bytes += Array("}}\n\n".utf8)
        if let usage {
            bytes += head + Array(",\"choices\":[],\"usage\":".utf8)
            bytes += Self.usage(usage) + Array("}\n\n".utf8)
        }
        return bytes + done
    }

    /// The chunk with which a stream ends when the client asked for usage.
    package static func usageFrame(
        id: String, created: Int64, model: String, usage: EngineUsage,
        operation: EngineOperation = .chat
    ) -> [UInt8] {
        head(id: id, created: created, model: model, operation: operation)
            + Array(",\"choices\":[],\"usage\":".utf8) + Self.usage(usage) + Array("}\n\n".utf8)
    }

    private static func head(
        id: String, created: Int64, model: String, operation: EngineOperation
    ) -> [UInt8] {
        let object = operation == .chat ? "chat.completion.chunk" : "text_completion"
        var bytes = Array("data: {\"id\":".utf8)
        JSONText.append(id, to: &bytes)
        bytes += Array(",\"object\":\"\(object)\",\"created\":\(created),\"model\":".utf8)
        JSONText.append(model, to: &bytes)
        return bytes
    }

    static func usage(_ usage: EngineUsage) -> [UInt8] {
        let total = usage.promptTokens + usage.completionTokens
        let text =
            "{\"prompt_tokens\":\(usage.promptTokens),"
            + "\"completion_tokens\":\(usage.completionTokens),\"total_tokens\":\(total),"
            + "\"prompt_tokens_details\":{\"cached_tokens\":\(usage.cachedTokens)},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":\(usage.reasoningTokens)}}"
        return Array(text.utf8)
    }
}
