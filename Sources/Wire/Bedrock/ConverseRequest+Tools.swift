import Vocabulary

/// Tools: their definitions, and the choice among them.
extension ConverseRequest {
    private enum Choice {
        case auto, any
        /// By its name, as it is written.
        case tool(JSONValue)
    }

    mutating func writeTools(_ members: [JSONMember]) throws(Failure) {
        guard let config = members.value("toolConfig", in: cursor) else { return }
        path = [.name("toolConfig")]
        defer { path = [] }
        let inner = try self.members(of: config, known: ["tools", "toolChoice"])
        let tools = try required("tools", in: inner)
        guard tools.kind == .array else { throw invalid("tools", "must be an array") }
        let choice = try choice(inner)
        let count = try writeTools(try cursor.elements(of: tools), choice)
        guard count > 0 else {
            throw invalid("tools", "must hold a tool, and the one that is chosen")
        }
        switch choice {
        case .auto: write(",\"tool_choice\":\"auto\"")
        // One tool alone, for engines do not all take a choice by name.
        case .any, .tool: write(",\"tool_choice\":\"required\"")
        case nil: break
        }
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
        path.append(.name("tools"))
        for (index, tool) in tools.enumerated() {
            path.append(.index(index))
            defer { path.removeLast() }
            let member = try self.choice(of: tool)
            if cursor.matches(member.name, "cachePoint") {
                try checkCachePoint(member.value)
                continue
            }
            guard cursor.matches(member.name, "toolSpec") else {
                throw unsupported("toolSpec", "is the only kind of tool that is offered here")
            }
            let mark = out.count
            write(count == 0 ? ",\"tools\":[" : ",")
            path.append(.name("toolSpec"))
            let name = try writeTool(member.value)
            path.removeLast()
            if case .tool(let chosen)? = choice,
                cursor.value(of: cursor.text(chosen)) != cursor.value(of: cursor.text(name))
            {
                out.removeSubrange(mark...)
            } else {
                count += 1
            }
        }
        path.removeLast()
        if count > 0 { write("]") }
        return count
    }

    private mutating func writeTool(_ tool: JSONValue) throws(Failure) -> JSONValue {
        let members = try members(
            of: tool, known: ["name", "description", "inputSchema", "strict"])
        let name = try requiredString("name", in: members)
        write("{\"type\":\"function\",\"function\":{\"name\":")
        copy(name.range)
        if let description = try optionalString("description", in: members) {
            write(",\"description\":")
            copy(description.range)
        }
        let schema = try required("inputSchema", in: members)
        path.append(.name("inputSchema"))
        let json = try required("json", in: try self.members(of: schema, known: ["json"]))
        guard json.kind == .object else { throw invalid("json", "must be an object") }
        path.removeLast()
        write(",\"parameters\":")
        copy(json.range)
        if let strict = try optionalBool("strict", in: members) {
            write(strict ? ",\"strict\":true" : ",\"strict\":false")
        }
        write("}}")
        return name
    }

    private mutating func choice(_ members: [JSONMember]) throws(Failure) -> Choice? {
        guard let value = members.value("toolChoice", in: cursor) else { return nil }
        path.append(.name("toolChoice"))
        defer { path.removeLast() }
        let member = try choice(of: value)
        if cursor.matches(member.name, "auto") { return .auto }
        if cursor.matches(member.name, "any") { return .any }
        guard cursor.matches(member.name, "tool") else {
            throw invalid("must have one of `auto`, `any` and `tool`")
        }
        path.append(.name("tool"))
        defer { path.removeLast() }
        return .tool(
            try requiredString("name", in: try self.members(of: member.value, known: ["name"])))
    }
}
