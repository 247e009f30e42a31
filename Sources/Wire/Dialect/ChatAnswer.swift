import Vocabulary

/// An engine's plain answer taken apart: its first choice, for more are never asked for. Values
/// stand in the body that the cursor reads.
struct ChatAnswer {
    struct Call {
        /// nil where the engine names no call.
        var id: JSONValue?
        var name: JSONValue
        var arguments: JSONValue?
    }

    let cursor: JSONCursor
    /// What the model thought; strings that hold something, here as below.
    var thought: JSONValue?
    /// What it said, and what it said in refusing.
    var texts: [JSONValue] = []
    var calls: [Call] = []
    var finish: JSONValue?
    var stop: JSONValue?
    /// Of the choice's message.
    private(set) var length = 0

    /// - Throws: `engineFailed` where the body is no chat completion.
    init(_ body: UnsafeRawBufferPointer) throws(Failure) {
        guard var cursor = JSONCursor(body) else {
            throw ResponseHeadScan.broken("its body is empty")
        }
        do throws(Failure) {
            cursor.skipWhitespace()
            guard try cursor.kind() == .object else { throw cursor.malformed(.expectedValue) }
            let whole = try cursor.members(of: try cursor.value())
            self.cursor = cursor
            guard let choices = whole.value("choices", in: cursor), choices.kind == .array,
                let choice = try cursor.elements(of: choices).first, choice.kind == .object
            else { throw cursor.malformed(.expectedValue) }
            try read(try cursor.members(of: choice))
        } catch {
            throw ResponseHeadScan.broken("its body is no chat completion")
        }
    }

    private mutating func read(_ choice: [JSONMember]) throws(Failure) {
        finish = choice.value("finish_reason", in: cursor)
        stop = choice.value("stop_reason", in: cursor)
        guard let value = choice.value("message", in: cursor), value.kind == .object else {
            throw cursor.malformed(.expectedValue)
        }
        length = value.range.count
        let message = try cursor.members(of: value)
        thought = text("reasoning_content", in: message) ?? text("reasoning", in: message)
        texts = [text("content", in: message), text("refusal", in: message)].compactMap { $0 }
        guard let list = message.value("tool_calls", in: cursor), list.kind == .array else {
            return
        }
        for call in try cursor.elements(of: list) { calls.append(try read(call: call)) }
    }

    private func text(_ name: StaticString, in message: [JSONMember]) -> JSONValue? {
        guard let text = message.value(name, in: cursor), text.kind == .string,
            !text.isEmptyString
        else { return nil }
        return text
    }

    private func read(call: JSONValue) throws(Failure) -> Call {
        guard call.kind == .object else { throw cursor.malformed(.expectedValue) }
        let members = try cursor.members(of: call)
        guard let function = members.value("function", in: cursor), function.kind == .object else {
            throw cursor.malformed(.expectedValue)
        }
        let inner = try cursor.members(of: function)
        guard let name = inner.value("name", in: cursor), name.kind == .string else {
            throw cursor.malformed(.expectedValue)
        }
        return Call(
            id: text("id", in: members), name: name,
            arguments: inner.value("arguments", in: cursor))
    }
}

extension ChatAnswer.Call {
    /// The arguments as an object, which they are only if the model wrote one: what it did not
    /// finish is handed on as it is, under a name that says so.
    func input(_ cursor: JSONCursor) -> (object: [UInt8], isWhole: Bool) {
        guard let arguments, !arguments.isEmptyString else { return (Array("{}".utf8), true) }
        let written = Array(cursor.bytes(arguments.range))
        if arguments.kind == .object { return (written, true) }
        if arguments.kind == .string {
            let text = Array(cursor.value(of: cursor.text(arguments)).utf8)
            if JSONText.isObject(text) { return (text, true) }
        }
        return (Array("{\"malformed_arguments\":".utf8) + written + Array("}".utf8), false)
    }
}
