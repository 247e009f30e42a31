import Vocabulary

/// The conversation: `system` and `messages`.
extension MessagesRequest {
    private enum Role: CaseIterable {
        case user, assistant, system

        var name: StaticString {
            switch self {
            case .user: "user"
            case .assistant: "assistant"
            case .system: "system"
            }
        }

        var blocks: [MessagesBlock.Kind] {
            switch self {
            case .user: MessagesBlock.ofUser
            case .assistant: MessagesBlock.ofAssistant
            case .system: [.text]
            }
        }
    }

    mutating func writeMessages(_ members: [JSONMember]) throws(Failure) {
        write(",\"messages\":[")
        let start = out.count
        if let system = members.value("system", in: cursor) { try writeSystem(system) }
        let messages = try required("messages", in: members)
        guard messages.kind == .array else { throw invalid("messages", "must be an array") }
        let elements = try cursor.elements(of: messages)
        guard (1...Self.maximumMessages).contains(elements.count) else {
            throw invalid(
                "messages", "must hold at least one and at most \(Self.maximumMessages) messages")
        }
        for (index, message) in elements.enumerated() {
            path = [.name("messages"), .index(index)]
            try writeMessage(message, startingAt: start)
        }
        path = []
        write("]")
    }

    private mutating func writeSystem(_ system: JSONValue) throws(Failure) {
        if system.kind == .string {
            guard !system.isEmptyString else { return }
            write("{\"role\":\"system\",\"content\":")
            copy(system.range)
            write("}")
            return
        }
        path = [.name("system")]
        defer { path = [] }
        let blocks = try blocks(of: system, allowed: [.text])
        guard !blocks.isEmpty else { return }
        write("{\"role\":\"system\",\"content\":")
        try writeParts(blocks)
        write("}")
    }

    private mutating func writeMessage(
        _ message: JSONValue, startingAt start: Int
    ) throws(Failure) {
        let members = try members(of: message, known: ["role", "content"])
        let role = try requiredString("role", in: members)
        guard let kind = Role.allCases.first(where: { cursor.isText(role, $0.name) }) else {
            throw invalid("role", "must be \"user\", \"assistant\" or \"system\"")
        }
        let content = try required("content", in: members)
        if out.count > start { write(",") }
        if content.kind == .string {
            guard !content.isEmptyString else { throw invalid("content", "must not be empty") }
            write("{\"role\":")
            copy(role.range)
            write(",\"content\":")
            copy(content.range)
            write("}")
            return
        }
        path.append(.name("content"))
        let blocks = try blocks(of: content, allowed: kind.blocks)
        guard !blocks.isEmpty else { throw invalid("must not be empty") }
        switch kind {
        case .user: try writeUserMessage(blocks)
        case .assistant: try writeAssistantMessage(blocks)
        case .system:
            write("{\"role\":\"system\",\"content\":")
            try writeParts(blocks)
            write("}")
        }
        path.removeLast()
    }

    /// Results of tools are messages of their own in the core's dialect; they stand first.
    private mutating func writeUserMessage(_ blocks: [MessagesBlock]) throws(Failure) {
        let results = blocks.prefix { $0.kind == .toolResult }
        let rest = blocks.dropFirst(results.count)
        if let late = rest.first(where: { $0.kind == .toolResult }) {
            path.append(.index(late.index))
            throw invalid("a tool_result must stand before all other content of its message")
        }
        for result in results {
            if result.index > 0 { write(",") }
            try at(result) { request throws(Failure) in try request.writeToolResult(result) }
        }
        guard !rest.isEmpty else { return }
        if !results.isEmpty { write(",") }
        write("{\"role\":\"user\",\"content\":")
        try writeParts(Array(rest))
        write("}")
    }

    private mutating func writeToolResult(_ result: MessagesBlock) throws(Failure) {
        write("{\"role\":\"tool\",\"tool_call_id\":")
        copy(try requiredString("tool_use_id", in: result.members).range)
        write(",\"content\":")
        let failed = try optionalBool("is_error", in: result.members) ?? false
        let content = result.members.value("content", in: cursor)
        guard let content, content.kind != .string else {
            // A tool's failure has no place of its own in the core's dialect.
            write(failed ? "\"Error: " : "\"")
            if let content { copy(content.content) }
            write("\"}")
            return
        }
        path.append(.name("content"))
        let blocks = try blocks(of: content, allowed: [.text, .image, .document])
        path.removeLast()
        if blocks.isEmpty {
            write(failed ? "\"Error: \"" : "\"\"")
        } else {
            try writeParts(blocks, isError: failed)
        }
        write("}")
    }

    private mutating func writeAssistantMessage(_ blocks: [MessagesBlock]) throws(Failure) {
        let texts = blocks.filter { $0.kind == .text }
        let calls = blocks.filter { $0.kind == .toolUse }
        let thoughts = blocks.filter { $0.kind == .thinking }
        write("{\"role\":\"assistant\",\"content\":")
        if !texts.isEmpty {
            try writeParts(texts)
        } else {
            write(calls.isEmpty ? "\"\"" : "null")
        }
        if !thoughts.isEmpty {
            write(",\"reasoning_content\":\"")
            for thought in thoughts {
                try at(thought) { request throws(Failure) in
                    request.copy(
                        try request.requiredString("thinking", in: thought.members).content)
                }
            }
            write("\"")
        }
        if !calls.isEmpty {
            write(",\"tool_calls\":[")
            for (index, call) in calls.enumerated() {
                if index > 0 { write(",") }
                try at(call) { request throws(Failure) in try request.writeToolUse(call) }
            }
            write("]")
        }
        write("}")
    }

    private mutating func writeToolUse(_ call: MessagesBlock) throws(Failure) {
        write("{\"id\":")
        copy(try requiredString("id", in: call.members).range)
        write(",\"type\":\"function\",\"function\":{\"name\":")
        copy(try requiredString("name", in: call.members).range)
        write(",\"arguments\":\"")
        let input = try required("input", in: call.members)
        guard input.kind == .object else { throw invalid("input", "must be an object") }
        JSONText.append(escaping: cursor.bytes(input.range), to: &out)
        write("\"}}")
    }

    private mutating func at(
        _ block: MessagesBlock, _ body: (inout MessagesRequest) throws(Failure) -> Void
    ) throws(Failure) {
        path.append(.index(block.index))
        try body(&self)
        path.removeLast()
    }
}
