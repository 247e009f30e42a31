import Vocabulary

/// The `messages` of a chat request.
extension RequestScan {
    private enum Role { case system, user, assistant, tool, function }
    private enum Content { case missing, null, string, parts }
    private enum Part { case text, picture, refusal }

    /// What one message turned out to hold; judged when it is complete, for its members may stand
    /// in any order.
    private struct Message {
        var seen: UInt32 = 0
        var role: Role?
        var content = Content.missing
        var pictures = 0
        var refusals = 0
        var hasCalls = false
        var hasCallID = false
        var hasName = false
    }

    private static let messageNames: [StaticString] = [
        "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal",
        "audio",
    ]
    private static let partNames: [StaticString] = [
        "type", "text", "image_url", "refusal", "input_audio", "file", "video_url",
    ]

    mutating func readMessages() throws(Failure) {
        try openArray("messages")
        var first = true
        var index = 0
        while try cursor.nextElement(&first) {
            guard index < OpenAIRequestScanner.maximumMessages else {
                throw invalid(
                    "messages",
                    "must hold at most \(OpenAIRequestScanner.maximumMessages) messages")
            }
            guard try cursor.kind() == .object else {
                throw invalid(path: "messages[\(index)]", "must be an object")
            }
            try readMessage(index)
            index += 1
        }
        place = .top
        guard index > 0 else { throw invalid("messages", "must hold at least one message") }
    }

    private mutating func readMessage(_ index: Int) throws(Failure) {
        try cursor.enter()
        place = .message(index)
        var message = Message()
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "role") {
                try once(1, &message.seen, "role")
                message.role = try readRole()
            } else if cursor.matches(key, "content") {
                try once(2, &message.seen, "content")
                try readContent(index, &message)
            } else if cursor.matches(key, "name") {
                try once(4, &message.seen, "name")
                message.hasName = try optionalString("name") != nil
            } else if cursor.matches(key, "tool_calls") {
                try once(8, &message.seen, "tool_calls")
                message.hasCalls = try readToolCalls(index) || message.hasCalls
            } else if cursor.matches(key, "tool_call_id") {
                try once(16, &message.seen, "tool_call_id")
                message.hasCallID = try optionalString("tool_call_id") != nil
            } else if cursor.matches(key, "function_call") {
                try once(32, &message.seen, "function_call")
                message.hasCalls = try readCalledFunction(index) || message.hasCalls
            } else if cursor.matches(key, "refusal") {
                try once(64, &message.seen, "refusal")
                if try optionalString("refusal") != nil { message.refusals += 1 }
            } else if cursor.matches(key, "audio") {
                guard try isNull() else { throw unsupported("audio", "is not supported") }
            } else {
                try checkUnknown(key, besides: Self.messageNames)
                try cursor.skipValue()
            }
        }
        try check(message)
    }

    private mutating func readRole() throws(Failure) -> Role {
        let role = try string("role")
        if cursor.matches(role, "user") { return .user }
        if cursor.matches(role, "assistant") { return .assistant }
        if cursor.matches(role, "system") || cursor.matches(role, "developer") { return .system }
        if cursor.matches(role, "tool") { return .tool }
        if cursor.matches(role, "function") { return .function }
        throw invalid(
            "role", "must be one of system, developer, user, assistant, tool, function")
    }

    private func check(_ message: Message) throws(Failure) {
        guard let role = message.role else { throw invalid("role", "is missing") }
        switch message.content {
        case .missing, .null:
            // Only an assistant's message may do without, when it called a tool or refused.
            let mayBeEmpty =
                role == .function
                || role == .assistant && (message.hasCalls || message.refusals > 0)
            guard mayBeEmpty else {
                throw invalid("content", "must be a string or an array of parts")
            }
        case .parts:
            guard role != .function else { throw invalid("content", "must be a string") }
            guard message.pictures == 0 || role == .user || role == .tool else {
                throw invalid("content", "can hold pictures only in messages of user and tool")
            }
        case .string: break
        }
        if role == .tool, !message.hasCallID {
            throw invalid("tool_call_id", "is missing: it says which call this answers")
        }
        if role == .function, !message.hasName {
            throw invalid("name", "is missing: it says which function this answers")
        }
        if message.hasCalls, role != .assistant {
            throw invalid("tool_calls", "can only stand in a message of assistant")
        }
    }

    private mutating func readContent(_ index: Int, _ message: inout Message) throws(Failure) {
        switch try cursor.kind() {
        case .string:
            message.content = .string
            _ = try cursor.string()
        case .null:
            message.content = .null
            try cursor.literal("null")
        case .array:
            message.content = .parts
            try cursor.enter()
            var first = true
            var part = 0
            while try cursor.nextElement(&first) {
                guard try cursor.kind() == .object else {
                    throw invalid(
                        path: "messages[\(index)].content[\(part)]", "must be an object")
                }
                try readPart(index, part, &message)
                part += 1
            }
            place = .message(index)
            guard part > 0 else { throw invalid("content", "must hold at least one part") }
        default: throw invalid("content", "must be a string or an array of parts")
        }
    }

    /// A part must have exactly the payload that its type names.
    private mutating func readPart(
        _ index: Int, _ part: Int, _ message: inout Message
    ) throws(Failure) {
        try cursor.enter()
        place = .part(index, part)
        var seen: UInt32 = 0
        var type: Part?
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "type") {
                try once(1, &seen, "type")
                type = try readPartType()
            } else if cursor.matches(key, "text") {
                try once(2, &seen, "text")
                _ = try string("text")
            } else if cursor.matches(key, "image_url") {
                try once(4, &seen, "image_url")
                try readPicture(index, part)
            } else if cursor.matches(key, "refusal") {
                try once(8, &seen, "refusal")
                _ = try string("refusal")
            } else {
                for name in ["input_audio", "file", "video_url"] as [StaticString]
                where cursor.matches(key, name) {
                    throw unsupported(name, "is not supported: send text or pictures")
                }
                try checkUnknown(key, besides: Self.partNames)
                try cursor.skipValue()
            }
        }
        guard let type else { throw invalid("type", "is missing") }
        let payload: UInt32
        let name: StaticString
        switch type {
        case .text: (payload, name) = (2, "text")
        case .picture: (payload, name) = (4, "image_url")
        case .refusal: (payload, name) = (8, "refusal")
        }
        if type == .picture {
            message.pictures += 1
            request.imageParts += 1
        }
        guard seen & 14 == payload else {
            throw invalid(name, "must be there, and no other kind of content beside it")
        }
    }

    private mutating func readPartType() throws(Failure) -> Part {
        let type = try string("type")
        if cursor.matches(type, "text") { return .text }
        if cursor.matches(type, "image_url") { return .picture }
        if cursor.matches(type, "refusal") { return .refusal }
        for known in ["input_audio", "file", "video_url", "input_file"] as [StaticString]
        where cursor.matches(type, known) {
            throw unsupported("type", "\"\(known)\" is not supported: send text or pictures")
        }
        throw invalid("type", "must be \"text\" or \"image_url\"")
    }

    private mutating func readPicture(_ index: Int, _ part: Int) throws(Failure) {
        try openObject("image_url")
        place = .imagePart(index, part)
        var seen: UInt32 = 0
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "url") {
                try once(1, &seen, "url")
                try readPictureAddress()
            } else if cursor.matches(key, "detail") {
                try oneOf(["auto", "low", "high"], "detail")
            } else {
                try checkUnknown(key, besides: ["url", "detail"])
                try cursor.skipValue()
            }
        }
        guard seen & 1 == 1 else { throw invalid("url", "is missing") }
        place = .part(index, part)
    }

    /// An engine must not be made to read a local file: only pictures inside the request, or by
    /// HTTP, which the gateway may refuse on top.
    private mutating func readPictureAddress() throws(Failure) {
        let address = try string("url")
        let isRemote =
            cursor.begins(address, with: "https://") || cursor.begins(address, with: "http://")
        guard isRemote || cursor.begins(address, with: "data:image/") else {
            throw invalid("url", "must begin with data:image/, https:// or http://")
        }
        if isRemote { request.remoteImageParts += 1 }
        pictureBytes += address.count
    }
}
