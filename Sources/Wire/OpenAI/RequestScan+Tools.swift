import Vocabulary

/// Tools: their definitions, the choice among them, and earlier calls.
extension RequestScan {
    mutating func readTools() throws(Failure) {
        if try isNull() { return }
        try openArray("tools")
        var first = true
        var index = 0
        while try cursor.nextElement(&first) {
            guard index < OpenAIRequestScanner.maximumTools else {
                throw invalid(
                    path: "tools", "must hold at most \(OpenAIRequestScanner.maximumTools) tools")
            }
            guard try cursor.kind() == .object else {
                throw invalid(path: "tools[\(index)]", "must be an object")
            }
            try readTool(index)
            index += 1
        }
        place = .top
        if index > 0 { request.usesTools = true }
    }

    private mutating func readTool(_ index: Int) throws(Failure) {
        try cursor.enter()
        place = .tool(index)
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "type") {
                try once(1, &seen, "type")
                guard cursor.matches(try string("type"), "function") else {
                    throw unsupported("type", "can only be \"function\"")
                }
            } else if cursor.matches(key, "function") {
                try once(2, &seen, "function")
                try openObject("function")
                place = .toolFunction(index)
                try readFunction()
                place = .tool(index)
            } else {
                try checkUnknown(key, besides: ["type", "function"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("type", "is missing: write \"function\"") }
        guard seen & 2 == 2 else { throw invalid("function", "is missing") }
    }

    /// The members of a function's definition, up to and with the closing brace.
    private mutating func readFunction() throws(Failure) {
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "name") {
                try once(1, &seen, "name")
                try readFunctionName()
            } else if cursor.matches(key, "description") {
                _ = try optionalString("description")
            } else if cursor.matches(key, "parameters") {
                try anyObject("parameters")
            } else if cursor.matches(key, "strict") {
                _ = try bool("strict")
            } else {
                try checkUnknown(key, besides: ["name", "parameters"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("name", "is missing") }
    }

    private mutating func readFunctionName() throws(Failure) {
        let name = try string("name")
        var isPlain = (1...OpenAIRequestScanner.maximumToolNameBytes).contains(name.count)
        if isPlain {
            for index in name.start..<name.end {
                switch cursor.byte(at: index) {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: break
                default: isPlain = false
                }
            }
        }
        guard isPlain else {
            throw invalid("name", "must be 1 to 64 letters, digits, hyphens and underscores")
        }
    }

    /// The older way to define tools.
    mutating func readFunctions() throws(Failure) {
        if try isNull() { return }
        try openArray("functions")
        var first = true
        var index = 0
        while try cursor.nextElement(&first) {
            guard index < OpenAIRequestScanner.maximumTools else {
                throw invalid(
                    path: "functions",
                    "must hold at most \(OpenAIRequestScanner.maximumTools) functions")
            }
            guard try cursor.kind() == .object else {
                throw invalid(path: "functions[\(index)]", "must be an object")
            }
            try cursor.enter()
            place = .function(index)
            try readFunction()
            index += 1
        }
        place = .top
        if index > 0 { request.usesTools = true }
    }

    mutating func readToolChoice() throws(Failure) {
        if try isNull() { return }
        switch try cursor.kind() {
        case .string:
            let choice = try cursor.string()
            if cursor.matches(choice, "auto") || cursor.matches(choice, "none") { return }
            guard cursor.matches(choice, "required") else {
                throw invalid(
                    "tool_choice", "must be \"none\", \"auto\", \"required\" or an object")
            }
        case .object: try readNamedTool()
        default:
            throw invalid("tool_choice", "must be \"none\", \"auto\", \"required\" or an object")
        }
        toolChoiceNeedsTools = true
    }

    private mutating func readNamedTool() throws(Failure) {
        try cursor.enter()
        place = .inside("tool_choice")
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "type") {
                try once(1, &seen, "type")
                guard cursor.matches(try string("type"), "function") else {
                    throw unsupported("type", "can only be \"function\"")
                }
            } else if cursor.matches(key, "function") {
                try once(2, &seen, "function")
                try openObject("function")
                place = .nested("tool_choice", "function")
                try readFunction()
                place = .inside("tool_choice")
            } else {
                try checkUnknown(key, besides: ["type", "function"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("type", "is missing: write \"function\"") }
        guard seen & 2 == 2 else { throw invalid("function", "is missing") }
        place = .top
    }

    /// The older way to choose: a word, or an object with the function's name.
    mutating func readFunctionCall() throws(Failure) {
        if try isNull() { return }
        switch try cursor.kind() {
        case .string:
            let choice = try cursor.string()
            guard cursor.matches(choice, "auto") || cursor.matches(choice, "none") else {
                throw invalid("function_call", "must be \"none\", \"auto\" or an object")
            }
        case .object:
            try cursor.enter()
            place = .inside("function_call")
            try readFunction()
            place = .top
        default: throw invalid("function_call", "must be \"none\", \"auto\" or an object")
        }
    }

    mutating func readResponseFormat() throws(Failure) {
        if try isNull() { return }
        try openObject("response_format")
        place = .inside("response_format")
        var seen: UInt32 = 0
        var isSchema = false
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "type") {
                try once(1, &seen, "type")
                let type = try string("type")
                isSchema = cursor.matches(type, "json_schema")
                guard
                    isSchema || cursor.matches(type, "text")
                        || cursor.matches(type, "json_object")
                else {
                    throw invalid("type", "must be \"text\", \"json_object\" or \"json_schema\"")
                }
            } else if cursor.matches(key, "json_schema") {
                try once(2, &seen, "json_schema")
                try readSchema()
            } else {
                try checkUnknown(key, besides: ["type", "json_schema"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("type", "is missing") }
        if isSchema, seen & 2 == 0 { throw invalid("json_schema", "is missing") }
        place = .top
    }

    private mutating func readSchema() throws(Failure) {
        try openObject("json_schema")
        place = .nested("response_format", "json_schema")
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "name") {
                try once(1, &seen, "name")
                try readFunctionName()
            } else if cursor.matches(key, "schema") {
                try anyObject("schema")
            } else if cursor.matches(key, "description") {
                _ = try optionalString("description")
            } else if cursor.matches(key, "strict") {
                _ = try bool("strict")
            } else {
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("name", "is missing") }
        place = .inside("response_format")
    }
}

/// Calls that an assistant made earlier in the conversation.
extension RequestScan {
    /// False for null.
    mutating func readToolCalls(_ message: Int) throws(Failure) -> Bool {
        if try isNull() { return false }
        try openArray("tool_calls")
        var first = true
        var index = 0
        while try cursor.nextElement(&first) {
            guard try cursor.kind() == .object else {
                throw invalid(
                    path: "messages[\(message)].tool_calls[\(index)]", "must be an object")
            }
            try readToolCall(message, index)
            index += 1
        }
        place = .message(message)
        guard index > 0 else { throw invalid("tool_calls", "must hold at least one call") }
        return true
    }

    private mutating func readToolCall(_ message: Int, _ index: Int) throws(Failure) {
        try cursor.enter()
        place = .toolCall(message, index)
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "id") {
                try once(1, &seen, "id")
                _ = try string("id")
            } else if cursor.matches(key, "type") {
                try once(2, &seen, "type")
                guard cursor.matches(try string("type"), "function") else {
                    throw unsupported("type", "can only be \"function\"")
                }
            } else if cursor.matches(key, "function") {
                try once(4, &seen, "function")
                try openObject("function")
                place = .toolCallFunction(message, index)
                try readCall()
                place = .toolCall(message, index)
            } else {
                try checkUnknown(key, besides: ["id", "type", "function"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("id", "is missing") }
        guard seen & 2 == 2 else { throw invalid("type", "is missing: write \"function\"") }
        guard seen & 4 == 4 else { throw invalid("function", "is missing") }
    }

    /// The older form of a call; false for null.
    mutating func readCalledFunction(_ message: Int) throws(Failure) -> Bool {
        if try isNull() { return false }
        try openObject("function_call")
        place = .messageMember(message, "function_call")
        try readCall()
        place = .message(message)
        return true
    }

    /// The name and arguments of a call, up to and with the closing brace.
    private mutating func readCall() throws(Failure) {
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "name") {
                try once(1, &seen, "name")
                _ = try string("name")
            } else if cursor.matches(key, "arguments") {
                try once(2, &seen, "arguments")
                _ = try string("arguments")
            } else {
                try checkUnknown(key, besides: ["name", "arguments"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("name", "is missing") }
        guard seen & 2 == 2 else { throw invalid("arguments", "is missing") }
    }
}
