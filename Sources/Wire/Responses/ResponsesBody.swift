import Vocabulary

/// A response as JSON: what stands around its items, and each item.
struct ResponsesBody {
    enum Status: String {
        case inProgress = "in_progress"
        case completed, incomplete
    }

    /// Why an answer ended before the model was done; nil: it was done.
    enum Cut: String {
        case maximumTokens = "max_output_tokens"
        case contentFilter = "content_filter"
    }

    let request: AnsweredRequest

    /// The end of the request's own name, so that one leads to the other.
    private var tail: Substring { request.request.split(separator: "_").last ?? "" }

    func identifier(_ prefix: StaticString, _ index: Int? = nil) -> String {
        "\(prefix)_\(tail)" + (index.map { "_\($0)" } ?? "")
    }

    /// - Parameters:
    ///   - output: The items, with commas between.
    ///   - usage: nil as long as the response goes on.
    func append(
        _ status: Status, output: [UInt8], usage: EngineUsage?, cut: Cut? = nil,
        stop: DialectStop? = nil, to bytes: inout [UInt8]
    ) {
        bytes += Array(
            ("{\"id\":\"\(identifier("resp"))\",\"object\":\"response\",\"created_at\":"
                + "\(request.createdAt.seconds),\"status\":\"\(status.rawValue)\",\"error\":null,"
                + "\"incomplete_details\":").utf8)
        if let cut {
            bytes += Array("{\"reason\":\"\(cut.rawValue)\"}".utf8)
        } else {
            JSONText.append(plain: "null", to: &bytes)
        }
        JSONText.append(plain: ",\"model\":", to: &bytes)
        JSONText.append(request.model, to: &bytes)
        bytes += request.memo
        JSONText.append(plain: ",\"output\":[", to: &bytes)
        bytes += output
        JSONText.append(plain: "]", to: &bytes)
        if let usage {
            JSONText.append(plain: ",\"usage\":", to: &bytes)
            append(usage, to: &bytes)
        }
        if let stop {
            JSONText.append(plain: ",\"spillway\":{\"stop_reason\":", to: &bytes)
            JSONText.append(stop.reason, to: &bytes)
            JSONText.append(plain: ",\"message\":", to: &bytes)
            JSONText.append(stop.message, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// `input_tokens` counts cached ones, `output_tokens` hidden reasoning.
    private func append(_ usage: EngineUsage, to bytes: inout [UInt8]) {
        let counts = usage.counts(for: .chat)
        let input = counts.input + counts.cacheRead
        bytes += Array(
            ("{\"input_tokens\":\(input),\"input_tokens_details\":{\"cached_tokens\":"
                + "\(counts.cacheRead),\"cache_write_tokens\":0},\"output_tokens\":"
                + "\(counts.generated),\"output_tokens_details\":{\"reasoning_tokens\":"
                + "\(counts.reasoning)},\"total_tokens\":\(input + counts.generated)}").utf8)
    }

    // MARK: Items

    /// - Parameter text: As it stands in a JSON string; left out of an item in progress.
    func appendMessage(
        _ index: Int, _ text: some Sequence<UInt8>, _ status: Status, to bytes: inout [UInt8]
    ) {
        bytes += Array(
            ("{\"id\":\"\(identifier("msg", index))\",\"type\":\"message\",\"status\":"
                + "\"\(status.rawValue)\",\"role\":\"assistant\",\"content\":[").utf8)
        if status != .inProgress { appendTextPart(text, to: &bytes) }
        JSONText.append(plain: "]}", to: &bytes)
    }

    func appendTextPart(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        JSONText.append(plain: "{\"type\":\"output_text\",\"text\":\"", to: &bytes)
        bytes.append(contentsOf: text)
        JSONText.append(plain: "\",\"annotations\":[],\"logprobs\":[]}", to: &bytes)
    }

    func appendReasoning(
        _ index: Int, _ text: some Sequence<UInt8>, _ status: Status, to bytes: inout [UInt8]
    ) {
        bytes += Array(
            ("{\"id\":\"\(identifier("rs", index))\",\"type\":\"reasoning\",\"status\":"
                + "\"\(status.rawValue)\",\"summary\":[],\"content\":[").utf8)
        if status != .inProgress { appendReasoningPart(text, to: &bytes) }
        JSONText.append(plain: "]}", to: &bytes)
    }

    func appendReasoningPart(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        JSONText.append(plain: "{\"type\":\"reasoning_text\",\"text\":\"", to: &bytes)
        bytes.append(contentsOf: text)
        JSONText.append(plain: "\"}", to: &bytes)
    }

    /// - Parameters:
    ///   - call: The engine's name for the call, as JSON; nil: it has none.
    ///   - name: As JSON.
    ///   - arguments: As they stand in a JSON string.
    func appendCall(
        _ index: Int, call: [UInt8]?, name: [UInt8], _ arguments: some Sequence<UInt8>,
        _ status: Status, to bytes: inout [UInt8]
    ) {
        bytes += Array(
            ("{\"id\":\"\(identifier("fc", index))\",\"type\":\"function_call\",\"status\":"
                + "\"\(status.rawValue)\",\"call_id\":").utf8)
        bytes += call ?? JSONText.quoted(identifier("call", index))
        JSONText.append(plain: ",\"name\":", to: &bytes)
        bytes += name
        JSONText.append(plain: ",\"arguments\":\"", to: &bytes)
        bytes.append(contentsOf: arguments)
        JSONText.append(plain: "\"}", to: &bytes)
    }
}

extension ResponsesBody.Cut {
    /// Of a choice's `finish_reason`.
    init?(_ finish: JSONValue?, in cursor: JSONCursor) {
        guard let finish, finish.kind == .string else { return nil }
        if cursor.isText(finish, "length") {
            self = .maximumTokens
        } else if cursor.isText(finish, "content_filter") {
            self = .contentFilter
        } else {
            return nil
        }
    }
}

/// Writes an engine's plain answer as a response.
enum ResponsesAnswer {
    static func make(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        let answer = try ChatAnswer(body)
        let response = ResponsesBody(request: request)
        let cut = ResponsesBody.Cut(answer.finish, in: answer.cursor)
        let status: ResponsesBody.Status = cut == nil ? .completed : .incomplete
        var items: [UInt8] = []
        var count = 0
        func next() -> Int {
            if count > 0 { items.append(UInt8(ascii: ",")) }
            count += 1
            return count - 1
        }
        if let thought = answer.thought {
            response.appendReasoning(
                next(), answer.cursor.bytes(thought.content), status, to: &items)
        }
        if !answer.texts.isEmpty || answer.calls.isEmpty {
            let text = answer.texts.flatMap { Array(answer.cursor.bytes($0.content)) }
            response.appendMessage(next(), text, status, to: &items)
        }
        for call in answer.calls {
            response.appendCall(
                next(), call: call.id.map { Array(answer.cursor.bytes($0.range)) },
                name: Array(answer.cursor.bytes(call.name.range)),
                try arguments(call.arguments, answer.cursor), status, to: &items)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.count + request.memo.count + 640)
        response.append(status, output: items, usage: usage, cut: cut, to: &bytes)
        return bytes
    }

    /// Some engines give an object where a string is meant.
    private static func arguments(
        _ arguments: JSONValue?, _ cursor: JSONCursor
    ) throws(Failure) -> [UInt8] {
        guard let arguments else { return Array("{}".utf8) }
        if arguments.kind == .string { return Array(cursor.bytes(arguments.content)) }
        var text: [UInt8] = []
        JSONText.append(escaping: cursor.bytes(arguments.range), to: &text)
        return text
    }
}
