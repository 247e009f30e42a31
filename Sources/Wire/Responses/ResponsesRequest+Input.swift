import Vocabulary

/// The conversation: `instructions` and `input`.
extension ResponsesRequest {
    /// An assistant's turn: what it thought, said and called may stand in several items.
    private struct Turn {
        var thoughts: [Range<Int>] = []
        var texts: [JSONValue] = []
        /// Identifier, name and arguments.
        var calls: [(JSONValue, JSONValue, JSONValue)] = []

        var isEmpty: Bool { thoughts.isEmpty && texts.isEmpty && calls.isEmpty }
    }

    private static let messageMembers: [StaticString] = [
        "type", "role", "content", "id", "status", "phase",
    ]
    private static let callMembers: [StaticString] = [
        "type", "call_id", "name", "arguments", "id", "status",
    ]

    mutating func writeConversation(_ members: [JSONMember]) throws(Failure) {
        write(",\"messages\":[")
        var isFirst = true
        echo(",\"instructions\":")
        if let instructions = try optionalString("instructions", in: members) {
            echo += cursor.bytes(instructions.range)
            if !instructions.isEmptyString {
                write("{\"role\":\"system\",\"content\":")
                copy(instructions.range)
                write("}")
                isFirst = false
            }
        } else {
            echo("null")
        }
        let input = try required("input", in: members)
        if input.kind == .string {
            separate(&isFirst)
            write("{\"role\":\"user\",\"content\":")
            copy(input.range)
            write("}")
        } else {
            guard input.kind == .array else {
                throw invalid("input", "must be a string or an array of items")
            }
            try writeItems(try cursor.elements(of: input), &isFirst)
        }
        guard !isFirst else { throw invalid("input", "must hold at least one message") }
        write("]")
    }

    private mutating func separate(_ isFirst: inout Bool) {
        if !isFirst { write(",") }
        isFirst = false
    }

    private mutating func writeItems(
        _ items: [JSONValue], _ isFirst: inout Bool
    ) throws(Failure) {
        guard items.count <= OpenAIRequestScanner.maximumMessages else {
            throw invalid(
                "input", "can hold at most \(OpenAIRequestScanner.maximumMessages) items here")
        }
        var turn = Turn()
        for (index, item) in items.enumerated() {
            path = [.name("input"), .index(index)]
            guard item.kind == .object else { throw invalid("must be an object") }
            let all = try cursor.members(of: item)
            let type = try optionalString("type", in: all)
            // It goes into what is kept.
            _ = try optionalString("id", in: all)
            if let type, cursor.isText(type, "function_call") {
                let members = try members(of: item, known: Self.callMembers)
                turn.calls.append(
                    (
                        try requiredString("call_id", in: members),
                        try requiredString("name", in: members),
                        try requiredString("arguments", in: members)
                    ))
            } else if let type, cursor.isText(type, "reasoning") {
                try read(reasoning: all, &turn)
            } else if let type, cursor.isText(type, "function_call_output") {
                flush(&turn, &isFirst)
                separate(&isFirst)
                try writeOutput(item)
            } else if let type, !cursor.isText(type, "message") {
                throw unsupportedItem(type)
            } else {
                try write(message: item, &turn, &isFirst)
            }
        }
        path = []
        flush(&turn, &isFirst)
    }

    private func unsupportedItem(_ type: JSONValue) -> Failure {
        let name = cursor.value(of: cursor.text(type)).prefix(64)
        return unsupported(
            "type",
            "an item of the type \"\(name)\" is not supported here; supported are: message, "
                + "function_call, function_call_output, reasoning")
    }

    private mutating func write(
        message item: JSONValue, _ turn: inout Turn, _ isFirst: inout Bool
    ) throws(Failure) {
        let members = try members(of: item, known: Self.messageMembers)
        let role = try requiredString("role", in: members)
        let content = try required("content", in: members)
        if cursor.isText(role, "assistant") {
            // What it said after a call is a turn of its own.
            if !turn.calls.isEmpty { flush(&turn, &isFirst) }
            try read(said: content, &turn)
            return
        }
        flush(&turn, &isFirst)
        separate(&isFirst)
        if cursor.isText(role, "user") {
            write("{\"role\":\"user\",\"content\":")
        } else if cursor.isText(role, "system") || cursor.isText(role, "developer") {
            write("{\"role\":\"system\",\"content\":")
        } else {
            throw invalid("role", "must be \"user\", \"assistant\", \"system\" or \"developer\"")
        }
        try write(content: content, named: "content")
        write("}")
    }

    private mutating func flush(_ turn: inout Turn, _ isFirst: inout Bool) {
        guard !turn.isEmpty else { return }
        separate(&isFirst)
        write("{\"role\":\"assistant\",\"content\":")
        if turn.texts.isEmpty {
            write(turn.calls.isEmpty ? "\"\"" : "null")
        } else {
            write("\"")
            for text in turn.texts { copy(text.content) }
            write("\"")
        }
        if !turn.thoughts.isEmpty {
            write(",\"reasoning_content\":\"")
            for thought in turn.thoughts { copy(thought) }
            write("\"")
        }
        for (index, call) in turn.calls.enumerated() {
            write(index == 0 ? ",\"tool_calls\":[{\"id\":" : ",{\"id\":")
            copy(call.0.range)
            write(",\"type\":\"function\",\"function\":{\"name\":")
            copy(call.1.range)
            write(",\"arguments\":")
            copy(call.2.range)
            write("}}")
        }
        if !turn.calls.isEmpty { write("]") }
        write("}")
        turn = Turn()
    }

    // MARK: Parts

    private mutating func read(said content: JSONValue, _ turn: inout Turn) throws(Failure) {
        if content.kind == .string {
            turn.texts.append(content)
            return
        }
        guard content.kind == .array else {
            throw invalid("content", "must be a string or an array of parts")
        }
        path.append(.name("content"))
        for (index, part) in try cursor.elements(of: content).enumerated() {
            path.append(.index(index))
            let members = try members(
                of: part, known: ["type", "text", "refusal", "annotations", "logprobs"])
            let type = try requiredString("type", in: members)
            let isText = cursor.isText(type, "output_text") || cursor.isText(type, "input_text")
            guard isText || cursor.isText(type, "refusal") else {
                throw invalid("type", "must be \"output_text\" or \"refusal\"")
            }
            turn.texts.append(try requiredString(isText ? "text" : "refusal", in: members))
            path.removeLast()
        }
        path.removeLast()
    }

    /// What a model thought, where the item has it; what somebody else sealed is nothing here.
    private mutating func read(
        reasoning members: [JSONMember], _ turn: inout Turn
    ) throws(Failure) {
        guard let content = members.value("content", in: cursor) else { return }
        guard content.kind == .array else { throw invalid("content", "must be an array") }
        path.append(.name("content"))
        for (index, part) in try cursor.elements(of: content).enumerated() {
            path.append(.index(index))
            let members = try self.members(of: part, known: ["type", "text"])
            turn.thoughts.append(try requiredString("text", in: members).content)
            path.removeLast()
        }
        path.removeLast()
    }

    private mutating func writeOutput(_ item: JSONValue) throws(Failure) {
        let members = try members(
            of: item, known: ["type", "call_id", "output", "id", "status", "name"])
        write("{\"role\":\"tool\",\"tool_call_id\":")
        copy(try requiredString("call_id", in: members).range)
        write(",\"content\":")
        try write(content: try required("output", in: members), named: "output")
        write("}")
    }

    /// A string, or parts; one text as a plain string, which is what most templates were made for.
    private mutating func write(
        content: JSONValue, named name: StaticString
    ) throws(Failure) {
        if content.kind == .string {
            copy(content.range)
            return
        }
        guard content.kind == .array else {
            throw invalid(name, "must be a string or an array of parts")
        }
        let parts = try cursor.elements(of: content)
        guard !parts.isEmpty else { throw invalid(name, "must not be empty") }
        path.append(.name(name))
        let mark = out.count
        write("[")
        var onlyText: JSONValue?
        for (index, part) in parts.enumerated() {
            path.append(.index(index))
            if index > 0 { write(",") }
            let text = try write(part: part)
            onlyText = parts.count == 1 ? text : nil
            path.removeLast()
        }
        write("]")
        path.removeLast()
        guard let onlyText else { return }
        out.removeSubrange(mark...)
        copy(onlyText.range)
    }

    /// The text, if the part is one.
    private mutating func write(part: JSONValue) throws(Failure) -> JSONValue? {
        let members = try members(
            of: part,
            known: [
                "type", "text", "image_url", "detail", "prompt_cache_breakpoint",
            ], refused: ["file_id", "file_data", "file_url", "filename"])
        let type = try requiredString("type", in: members)
        if cursor.isText(type, "input_text") {
            let text = try requiredString("text", in: members)
            write("{\"type\":\"text\",\"text\":")
            copy(text.range)
            write("}")
            return text
        }
        guard cursor.isText(type, "input_image") else {
            throw unsupported("type", "can only be \"input_text\" or \"input_image\" here")
        }
        write("{\"type\":\"image_url\",\"image_url\":{\"url\":")
        copy(try requiredString("image_url", in: members).range)
        if let detail = try optionalString("detail", in: members) {
            write(",\"detail\":")
            copy(detail.range)
        }
        write("}}")
        return nil
    }
}
