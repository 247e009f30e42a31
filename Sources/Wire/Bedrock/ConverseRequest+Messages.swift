import Vocabulary

/// One block of content.
struct ConverseBlock {
    enum Kind: CaseIterable {
        case text, guarded, image, document, toolUse, toolResult, reasoning, cachePoint, json

        var name: StaticString {
            switch self {
            case .text: "text"
            case .guarded: "guardContent"
            case .image: "image"
            case .document: "document"
            case .toolUse: "toolUse"
            case .toolResult: "toolResult"
            case .reasoning: "reasoningContent"
            case .cachePoint: "cachePoint"
            case .json: "json"
            }
        }
    }

    static let ofSystem: [Kind] = [.text, .guarded, .cachePoint]
    static let ofUser: [Kind] = [.text, .guarded, .image, .document, .toolResult, .cachePoint]
    static let ofAssistant: [Kind] = [.text, .guarded, .toolUse, .reasoning, .cachePoint]

    let kind: Kind
    let value: JSONValue
    /// Its place in the list, from 0.
    let index: Int
}

/// The conversation: `system` and `messages`.
extension ConverseRequest {
    mutating func writeMessages(_ members: [JSONMember]) throws(Failure) {
        write(",\"messages\":[")
        let start = out.count
        if let system = members.value("system", in: cursor) {
            path = [.name("system")]
            let blocks = try blocks(of: system, allowed: ConverseBlock.ofSystem)
            if !blocks.isEmpty {
                write("{\"role\":\"system\",\"content\":")
                try writeParts(blocks)
                write("}")
            }
            path = []
        }
        let markedInSystem = scope.marked.count
        let messages = try required("messages", in: members)
        guard messages.kind == .array else { throw invalid("messages", "must be an array") }
        let elements = try cursor.elements(of: messages)
        guard (1...Self.maximumMessages).contains(elements.count) else {
            throw invalid(
                "messages", "must hold at least one and at most \(Self.maximumMessages) messages")
        }
        for (index, message) in elements.enumerated() {
            path = [.name("messages"), .index(index)]
            if out.count > start { write(",") }
            try writeMessage(message)
        }
        path = []
        // What is marked in one of the two says nothing about the other.
        scope.includesMessages = scope.marked.count == markedInSystem
        write("]")
    }

    private mutating func writeMessage(_ message: JSONValue) throws(Failure) {
        let members = try members(of: message, known: ["role", "content"])
        let role = try requiredString("role", in: members)
        let isUser = cursor.isText(role, "user")
        guard isUser || cursor.isText(role, "assistant") else {
            throw invalid("role", "must be \"user\" or \"assistant\"; `system` stands beside them")
        }
        let content = try required("content", in: members)
        path.append(.name("content"))
        let blocks = try blocks(
            of: content, allowed: isUser ? ConverseBlock.ofUser : ConverseBlock.ofAssistant)
        guard !blocks.isEmpty else { throw invalid("must not be empty") }
        if isUser { try writeUserMessage(blocks) } else { try writeAssistantMessage(blocks) }
        path.removeLast()
    }

    /// Reads a list of blocks, none of another kind than is allowed here. Cache points are checked
    /// and left out: the engine keeps its prefix cache by itself.
    mutating func blocks(
        of value: JSONValue, allowed: [ConverseBlock.Kind]
    ) throws(Failure) -> [ConverseBlock] {
        guard value.kind == .array else { throw invalid("must be an array of content blocks") }
        var blocks: [ConverseBlock] = []
        for (index, element) in try cursor.elements(of: value).enumerated() {
            path.append(.index(index))
            let member = try choice(of: element)
            guard let kind = allowed.first(where: { cursor.matches(member.name, $0.name) }) else {
                let list = allowed.map { "\($0.name)" }.joined(separator: ", ")
                let shown = cursor.value(of: member.name).prefix(64)
                throw Failure(
                    .unsupported,
                    "\(invalid("").parameter ?? ""): a block `\(shown)` is not supported here; "
                        + "supported are: \(list).", parameter: invalid("").parameter)
            }
            if kind == .cachePoint {
                path.append(.name("cachePoint"))
                try checkCachePoint(member.value)
                path.removeLast()
            } else {
                blocks.append(ConverseBlock(kind: kind, value: member.value, index: index))
            }
            path.removeLast()
        }
        return blocks
    }

    func checkCachePoint(_ value: JSONValue) throws(Failure) {
        let members = try members(of: value, known: ["type", "ttl"])
        guard cursor.isText(try required("type", in: members), "default") else {
            throw invalid("type", "must be \"default\"")
        }
        guard let time = members.value("ttl", in: cursor) else { return }
        guard cursor.isText(time, "5m") || cursor.isText(time, "1h") else {
            throw invalid("ttl", "must be \"5m\" or \"1h\"")
        }
    }

    /// Results of tools are messages of their own in the core's dialect; they stand first.
    private mutating func writeUserMessage(_ blocks: [ConverseBlock]) throws(Failure) {
        let results = blocks.filter { $0.kind == .toolResult }
        let rest = blocks.filter { $0.kind != .toolResult }
        for (position, result) in results.enumerated() {
            if position > 0 { write(",") }
            path += [.index(result.index), .name("toolResult")]
            try writeToolResult(result.value)
            path.removeLast(2)
        }
        guard !rest.isEmpty else { return }
        if !results.isEmpty { write(",") }
        write("{\"role\":\"user\",\"content\":")
        try writeParts(rest)
        write("}")
    }

    private mutating func writeToolResult(_ result: JSONValue) throws(Failure) {
        let members = try members(
            of: result, known: ["toolUseId", "content", "status", "type"])
        write("{\"role\":\"tool\",\"tool_call_id\":")
        copy(try requiredString("toolUseId", in: members).range)
        let status = try optionalString("status", in: members)
        let hasFailed = status.map { cursor.isText($0, "error") } ?? false
        if let status, !hasFailed, !cursor.isText(status, "success") {
            throw invalid("status", "must be \"success\" or \"error\"")
        }
        let content = try required("content", in: members)
        path.append(.name("content"))
        let blocks = try blocks(of: content, allowed: [.text, .json, .image, .document])
        write(",\"content\":")
        if blocks.isEmpty {
            write(hasFailed ? "\"Error: \"" : "\"\"")
        } else {
            try writeParts(blocks, hasFailed: hasFailed)
        }
        path.removeLast()
        write("}")
    }

    private mutating func writeAssistantMessage(_ blocks: [ConverseBlock]) throws(Failure) {
        let texts = blocks.filter { $0.kind == .text || $0.kind == .guarded }
        let calls = blocks.filter { $0.kind == .toolUse }
        write("{\"role\":\"assistant\",\"content\":")
        if !texts.isEmpty {
            try writeParts(texts)
        } else {
            write(calls.isEmpty ? "\"\"" : "null")
        }
        try writeReasoning(blocks.filter { $0.kind == .reasoning })
        if !calls.isEmpty {
            write(",\"tool_calls\":[")
            for (position, call) in calls.enumerated() {
                if position > 0 { write(",") }
                path += [.index(call.index), .name("toolUse")]
                try writeToolUse(call.value)
                path.removeLast(2)
            }
            write("]")
        }
        write("}")
    }

    /// Redacted reasoning says nothing to another engine, and is left out.
    private mutating func writeReasoning(_ blocks: [ConverseBlock]) throws(Failure) {
        var isFirst = true
        for block in blocks {
            path += [.index(block.index), .name("reasoningContent")]
            let member = try choice(of: block.value)
            if cursor.matches(member.name, "reasoningText") {
                path.append(.name("reasoningText"))
                let members = try members(of: member.value, known: ["text", "signature"])
                if isFirst { write(",\"reasoning_content\":\"") }
                isFirst = false
                copy(try requiredString("text", in: members).content)
                path.removeLast()
            } else if !cursor.matches(member.name, "redactedContent") {
                throw invalid("must have a member `reasoningText` or `redactedContent`")
            }
            path.removeLast(2)
        }
        if !isFirst { write("\"") }
    }

    private mutating func writeToolUse(_ call: JSONValue) throws(Failure) {
        let members = try members(of: call, known: ["toolUseId", "name", "input", "type"])
        if members.value("type", in: cursor) != nil {
            throw unsupported("type", "cannot be set: tools that run on a server are not offered")
        }
        write("{\"id\":")
        copy(try requiredString("toolUseId", in: members).range)
        write(",\"type\":\"function\",\"function\":{\"name\":")
        copy(try requiredString("name", in: members).range)
        write(",\"arguments\":\"")
        let input = try required("input", in: members)
        guard input.kind == .object else { throw invalid("input", "must be an object") }
        JSONText.append(escaping: cursor.bytes(input.range), to: &out)
        write("\"}}")
    }
}
