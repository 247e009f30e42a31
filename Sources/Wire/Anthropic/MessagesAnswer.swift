import Vocabulary

/// Writes an engine's plain answer as a message.
enum MessagesAnswer {
    static func make(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        guard var cursor = JSONCursor(body) else {
            throw ResponseHeadScan.broken("its body is empty")
        }
        do throws(Failure) {
            cursor.skipWhitespace()
            guard try cursor.kind() == .object else { throw cursor.malformed(.expectedValue) }
            let whole = try cursor.members(of: try cursor.value())
            guard let choices = whole.value("choices", in: cursor), choices.kind == .array,
                let choice = try cursor.elements(of: choices).first, choice.kind == .object
            else { throw cursor.malformed(.expectedValue) }
            return try make(try cursor.members(of: choice), cursor, request, usage)
        } catch {
            throw ResponseHeadScan.broken("its body is no chat completion")
        }
    }

    private static func make(
        _ choice: [JSONMember], _ cursor: JSONCursor, _ request: AnsweredRequest,
        _ usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        guard let value = choice.value("message", in: cursor), value.kind == .object else {
            throw cursor.malformed(.expectedValue)
        }
        let message = try cursor.members(of: value)
        var bytes = head(request)
        bytes.reserveCapacity(value.range.count + 640)
        bytes += Array("\"content\":[".utf8)
        let calls = try content(message, cursor, request, &bytes)
        bytes += Array("],".utf8)
        var end = MessagesEnd()
        end.note(
            finish: choice.value("finish_reason", in: cursor),
            stop: choice.value("stop_reason", in: cursor), in: cursor)
        end.append(calledTool: calls > 0, to: &bytes)
        bytes += Array(",\"usage\":".utf8)
        MessagesUsage.append(usage, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A message up to its content.
    static func head(_ request: AnsweredRequest) -> [UInt8] {
        var bytes = Array("{\"id\":\"\(identifier(request))\",\"type\":\"message\",".utf8)
        bytes += Array("\"role\":\"assistant\",\"model\":".utf8)
        JSONText.append(request.model, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        return bytes
    }

    /// The request's own name with another prefix, so that one leads to the other.
    private static func identifier(_ request: AnsweredRequest) -> String {
        "msg_\(request.request.split(separator: "_").last ?? "")"
    }

    /// Writes the blocks; how many of them call a tool.
    private static func content(
        _ message: [JSONMember], _ cursor: JSONCursor, _ request: AnsweredRequest,
        _ bytes: inout [UInt8]
    ) throws(Failure) -> Int {
        var isFirst = true
        func separate() {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
        }
        let thought =
            message.value("reasoning_content", in: cursor) ?? message.value("reasoning", in: cursor)
        if let thought, thought.kind == .string, !thought.isEmptyString {
            separate()
            JSONText.append(plain: "{\"type\":\"thinking\",\"thinking\":", to: &bytes)
            bytes.append(contentsOf: cursor.bytes(thought.range))
            JSONText.append(plain: ",\"signature\":\"\"}", to: &bytes)
        }
        for name in ["content", "refusal"] as [StaticString] {
            guard let text = message.value(name, in: cursor), text.kind == .string,
                !text.isEmptyString
            else { continue }
            separate()
            JSONText.append(plain: "{\"type\":\"text\",\"text\":", to: &bytes)
            bytes.append(contentsOf: cursor.bytes(text.range))
            bytes.append(UInt8(ascii: "}"))
        }
        guard let list = message.value("tool_calls", in: cursor), list.kind == .array else {
            return 0
        }
        let calls = try cursor.elements(of: list)
        for (index, call) in calls.enumerated() {
            separate()
            try self.call(call, index, cursor, request, &bytes)
        }
        return calls.count
    }

    private static func call(
        _ call: JSONValue, _ index: Int, _ cursor: JSONCursor, _ request: AnsweredRequest,
        _ bytes: inout [UInt8]
    ) throws(Failure) {
        guard call.kind == .object else { throw cursor.malformed(.expectedValue) }
        let members = try cursor.members(of: call)
        guard let function = members.value("function", in: cursor), function.kind == .object else {
            throw cursor.malformed(.expectedValue)
        }
        let inner = try cursor.members(of: function)
        guard let name = inner.value("name", in: cursor), name.kind == .string else {
            throw cursor.malformed(.expectedValue)
        }
        JSONText.append(plain: "{\"type\":\"tool_use\",\"id\":", to: &bytes)
        if let id = members.value("id", in: cursor), id.kind == .string, !id.isEmptyString {
            bytes.append(contentsOf: cursor.bytes(id.range))
        } else {
            bytes += JSONText.quoted(toolIdentifier(request, index))
        }
        JSONText.append(plain: ",\"name\":", to: &bytes)
        bytes.append(contentsOf: cursor.bytes(name.range))
        JSONText.append(plain: ",\"input\":", to: &bytes)
        let arguments = inner.value("arguments", in: cursor)
        bytes += arguments.map { input($0, cursor) } ?? Array("{}".utf8)
        bytes.append(UInt8(ascii: "}"))
    }

    /// For engines that name no call.
    static func toolIdentifier(_ request: AnsweredRequest, _ index: Int) -> String {
        "toolu_\(request.request.split(separator: "_").last ?? "")_\(index)"
    }

    /// What a model wrote as arguments is an object only if it wrote one: what it did not finish is
    /// handed on as it is, under a name that says so.
    private static func input(_ arguments: JSONValue, _ cursor: JSONCursor) -> [UInt8] {
        guard arguments.kind == .string else { return Array(cursor.bytes(arguments.range)) }
        guard !arguments.isEmptyString else { return Array("{}".utf8) }
        let text = Array(cursor.value(of: cursor.text(arguments)).utf8)
        if JSONText.isObject(text) { return text }
        return Array("{\"malformed_arguments\":".utf8) + cursor.bytes(arguments.range)
            + Array("}".utf8)
    }
}
