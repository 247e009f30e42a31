import Vocabulary

/// A part of a tool call in a chunk.
struct ChunkCall {
    var index = 0
    var id: JSONString?
    var name: JSONString?
    var arguments: JSONString?
}

/// Takes what an engine's chunk says, piece by piece; strings stand in the chunk as the cursor's.
protocol ChunkTranslation {
    mutating func text(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8])
    mutating func thought(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8])
    mutating func call(
        _ call: ChunkCall, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure)
    mutating func note(finish: JSONValue?, stop: JSONValue?, _ cursor: JSONCursor)
}

/// Reading a chunk: of its choices only the first, for more are never asked for.
extension ChunkTranslation {
    mutating func readChunk(
        _ cursor: inout JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else { return }
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            if cursor.matches(key, "choices"), try cursor.kind() == .array {
                try readChoices(&cursor, &bytes)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readChoices(
        _ cursor: inout JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        try cursor.enter()
        var first = true
        var count = 0
        while try cursor.nextElement(&first) {
            count += 1
            if count == 1, try cursor.kind() == .object {
                try readChoice(&cursor, &bytes)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readChoice(
        _ cursor: inout JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        try cursor.enter()
        var first = true
        var finish: JSONValue?
        var stop: JSONValue?
        while let key = try cursor.nextKey(&first) {
            switch key.count {
            case 5 where cursor.matches(key, "delta"): try readDelta(&cursor, &bytes)
            case 13 where cursor.matches(key, "finish_reason"): finish = try cursor.value()
            case 11 where cursor.matches(key, "stop_reason"): stop = try cursor.value()
            default: try cursor.skipValue()
            }
        }
        note(finish: finish, stop: stop, cursor)
    }

    private mutating func readDelta(
        _ cursor: inout JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        guard try cursor.kind() == .object else { return try cursor.skipValue() }
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            let kind = try cursor.kind()
            switch key.count {
            case 7
            where kind == .string
                && (cursor.matches(key, "content") || cursor.matches(key, "refusal")):
                text(try cursor.string(), cursor, &bytes)
            case 17 where kind == .string && cursor.matches(key, "reasoning_content"),
                9 where kind == .string && cursor.matches(key, "reasoning"):
                thought(try cursor.string(), cursor, &bytes)
            case 10 where kind == .array && cursor.matches(key, "tool_calls"):
                try readCalls(&cursor, &bytes)
            default: try cursor.skipValue()
            }
        }
    }

    private mutating func readCalls(
        _ cursor: inout JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        try cursor.enter()
        var first = true
        while try cursor.nextElement(&first) {
            guard try cursor.kind() == .object else {
                try cursor.skipValue()
                continue
            }
            var call = ChunkCall()
            try cursor.enter()
            var firstMember = true
            while let key = try cursor.nextKey(&firstMember) {
                if cursor.matches(key, "index") {
                    call.index = Int(try cursor.count() ?? 0)
                } else if cursor.matches(key, "id"), try cursor.kind() == .string {
                    call.id = try cursor.string()
                } else if cursor.matches(key, "function"), try cursor.kind() == .object {
                    try readFunction(&cursor, &call)
                } else {
                    try cursor.skipValue()
                }
            }
            try self.call(call, cursor, &bytes)
        }
    }

    private func readFunction(_ cursor: inout JSONCursor, _ call: inout ChunkCall) throws(Failure) {
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            let isString = try cursor.kind() == .string
            if isString, cursor.matches(key, "name") {
                call.name = try cursor.string()
            } else if isString, cursor.matches(key, "arguments") {
                call.arguments = try cursor.string()
            } else {
                try cursor.skipValue()
            }
        }
    }
}
