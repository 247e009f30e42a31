import Vocabulary

/// Tools: their definitions, and the choice among them.
extension MessagesRequest {
    private static let memberNames: [StaticString] = [
        "type", "name", "description", "input_schema", "cache_control", "strict",
        "eager_input_streaming",
    ]

    private enum Choice {
        case auto, any, never
        /// By its name, as it is written.
        case tool(JSONValue)
    }

    mutating func writeTools(_ members: [JSONMember]) throws(Failure) {
        let (choice, isAlone) = try choice(members)
        var count = 0
        if let tools = members.value("tools", in: cursor) {
            guard tools.kind == .array else { throw invalid("tools", "must be an array") }
            count = try writeTools(try cursor.elements(of: tools), choice)
        }
        guard count > 0 else {
            switch choice {
            case .any, .tool: throw invalid("tool_choice", "needs a tool in `tools` to choose")
            case .auto, .never, nil: return
            }
        }
        mayCallTools = true
        switch choice {
        case .auto: write(",\"tool_choice\":\"auto\"")
        case .never:
            mayCallTools = false
            write(",\"tool_choice\":\"none\"")
        // One tool alone, for engines do not all take a choice by name.
        case .any, .tool: write(",\"tool_choice\":\"required\"")
        case nil: break
        }
        if isAlone { write(",\"parallel_tool_calls\":false") }
    }

    /// Writes the tools that may be chosen; how many.
    private mutating func writeTools(
        _ tools: [JSONValue], _ choice: Choice?
    ) throws(Failure) -> Int {
        guard tools.count <= OpenAIRequestScanner.maximumTools else {
            throw invalid(
                "tools", "can hold at most \(OpenAIRequestScanner.maximumTools) tools here")
        }
        var count = 0
        for (index, tool) in tools.enumerated() {
            path = [.name("tools"), .index(index)]
            guard tool.kind == .object else { throw invalid("must be an object") }
            let mark = out.count
            write(count == 0 ? ",\"tools\":[" : ",")
            let name = try writeTool(tool)
            if case .tool(let chosen)? = choice,
                cursor.value(of: cursor.text(chosen)) != cursor.value(of: cursor.text(name))
            {
                out.removeSubrange(mark...)
            } else {
                count += 1
            }
        }
        path = []
        if count > 0 { write("]") }
        return count
    }

    private mutating func writeTool(_ tool: JSONValue) throws(Failure) -> JSONValue {
        if let type = try cursor.members(of: tool).value("type", in: cursor),
            !cursor.isText(type, "custom")
        {
            throw unsupported(
                "type", "can only be \"custom\": tools that run on a server are not offered here")
        }
        let members = try members(of: tool, known: Self.memberNames)
        try checkCacheControl(members)
        let name = try requiredString("name", in: members)
        write("{\"type\":\"function\",\"function\":{\"name\":")
        copy(name.range)
        if let description = try optionalString("description", in: members) {
            write(",\"description\":")
            copy(description.range)
        }
        let schema = try required("input_schema", in: members)
        guard schema.kind == .object else { throw invalid("input_schema", "must be an object") }
        write(",\"parameters\":")
        copy(schema.range)
        if let strict = try optionalBool("strict", in: members) {
            write(strict ? ",\"strict\":true" : ",\"strict\":false")
        }
        write("}}")
        return name
    }

    /// The choice, and whether only one tool may be called at a time.
    private mutating func choice(
        _ members: [JSONMember]
    ) throws(Failure) -> (Choice?, isAlone: Bool) {
        guard let value = members.value("tool_choice", in: cursor) else { return (nil, false) }
        path = [.name("tool_choice")]
        defer { path = [] }
        let inner = try self.members(
            of: value, known: ["type", "name", "disable_parallel_tool_use"])
        let isAlone = try optionalBool("disable_parallel_tool_use", in: inner) ?? false
        let type = try requiredString("type", in: inner)
        if cursor.isText(type, "auto") { return (.auto, isAlone) }
        if cursor.isText(type, "any") { return (.any, isAlone) }
        if cursor.isText(type, "none") { return (.never, isAlone) }
        guard cursor.isText(type, "tool") else {
            throw invalid("type", "must be \"auto\", \"any\", \"tool\" or \"none\"")
        }
        return (.tool(try requiredString("name", in: inner)), isAlone)
    }
}
