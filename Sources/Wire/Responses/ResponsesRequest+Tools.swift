import Vocabulary

/// Tools: their definitions, and the choice among them.
extension ResponsesRequest {
    private static let toolMembers: [StaticString] = [
        "type", "name", "description", "parameters", "strict",
    ]

    mutating func writeTools(_ members: [JSONMember]) throws(Failure) {
        let chosen = try readChoice(members)
        echo(",\"tools\":[")
        var count = 0
        if let tools = members.value("tools", in: cursor) {
            guard tools.kind == .array else { throw invalid("tools", "must be an array") }
            let elements = try cursor.elements(of: tools)
            guard elements.count <= OpenAIRequestScanner.maximumTools else {
                throw invalid(
                    "tools", "can hold at most \(OpenAIRequestScanner.maximumTools) tools here")
            }
            for (index, tool) in elements.enumerated() {
                path = [.name("tools"), .index(index)]
                if index > 0 { echo(",") }
                if try write(tool: tool, chosen, isFirst: count == 0) { count += 1 }
            }
            path = []
        }
        echo("]")
        if count > 0 { write("]") }
        try write(choice: members, chosen, tools: count)
        let isParallel = try optionalBool("parallel_tool_calls", in: members) ?? true
        echo(isParallel ? ",\"parallel_tool_calls\":true" : ",\"parallel_tool_calls\":false")
        if count > 0, !isParallel { write(",\"parallel_tool_calls\":false") }
    }

    /// Writes a tool unless another one was chosen by name; whether it did.
    private mutating func write(
        tool: JSONValue, _ chosen: String?, isFirst: Bool
    ) throws(Failure) -> Bool {
        guard tool.kind == .object else { throw invalid("must be an object") }
        let type = try requiredString("type", in: try cursor.members(of: tool))
        guard cursor.isText(type, "function") else {
            throw unsupported(
                "type", "can only be \"function\": tools that run on a server are not offered here"
            )
        }
        let members = try members(of: tool, known: Self.toolMembers)
        let name = try requiredString("name", in: members)
        let description = try optionalString("description", in: members)
        let parameters = members.value("parameters", in: cursor)
        if let parameters, parameters.kind != .object {
            throw invalid("parameters", "must be an object")
        }
        let strict = try optionalBool("strict", in: members)
        echo("{\"type\":\"function\",\"name\":")
        echo += cursor.bytes(name.range)
        echo(",\"description\":")
        echo += description.map { Array(cursor.bytes($0.range)) } ?? Array("null".utf8)
        echo(",\"parameters\":")
        echo += parameters.map { Array(cursor.bytes($0.range)) } ?? Array("null".utf8)
        echo(strict == true ? ",\"strict\":true}" : ",\"strict\":false}")
        if let chosen, cursor.value(of: cursor.text(name)) != chosen { return false }
        write(isFirst ? ",\"tools\":[" : ",")
        write("{\"type\":\"function\",\"function\":{\"name\":")
        copy(name.range)
        if let description {
            write(",\"description\":")
            copy(description.range)
        }
        if let parameters {
            write(",\"parameters\":")
            copy(parameters.range)
        }
        if let strict { write(strict ? ",\"strict\":true" : ",\"strict\":false") }
        write("}}")
        return true
    }

    /// The name of the tool that must be called, where one is named.
    private mutating func readChoice(_ members: [JSONMember]) throws(Failure) -> String? {
        guard let choice = members.value("tool_choice", in: cursor), choice.kind != .string else {
            return nil
        }
        path = [.name("tool_choice")]
        defer { path = [] }
        let inner = try self.members(of: choice, known: ["type", "name"])
        guard cursor.isText(try requiredString("type", in: inner), "function") else {
            throw unsupported("type", "can only be \"function\" here")
        }
        return cursor.value(of: cursor.text(try requiredString("name", in: inner)))
    }

    private mutating func write(
        choice members: [JSONMember], _ chosen: String?, tools count: Int
    ) throws(Failure) {
        echo(",\"tool_choice\":")
        guard let choice = members.value("tool_choice", in: cursor) else {
            echo("\"auto\"")
            return
        }
        echo += cursor.bytes(choice.range)
        if chosen != nil || cursor.isText(choice, "required") {
            guard count > 0 else {
                throw invalid("tool_choice", "needs a tool in `tools` to choose")
            }
            // A choice by name: that tool alone, for engines do not all take a name.
            write(",\"tool_choice\":\"required\"")
        } else if cursor.isText(choice, "none") {
            if count > 0 { write(",\"tool_choice\":\"none\"") }
        } else if !cursor.isText(choice, "auto") {
            throw invalid(
                "tool_choice", "must be \"auto\", \"none\", \"required\" or a function's name")
        }
    }
}
