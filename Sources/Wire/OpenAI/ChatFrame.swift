package import Vocabulary

/// What one server-sent event of an engine's answer says. Ranges count bytes of the event as given.
package struct ChatFrame: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// `data: [DONE]`: the stream is complete.
        case done
        /// Nothing for the client: comments, keep-alives, fields other than `data`, and the
        /// `data: null` that llama.cpp sends first when a stream has several prompts. A client's
        /// library cannot read that last one, so do not forward it: its `dataRange` is not empty.
        case comment
        /// A chunk of the answer.
        case data
        /// The engine says that it failed; see `errorRange`.
        case error
    }

    package var kind = Kind.comment
    /// What stands behind `data:`, without the line's end.
    package var dataRange = 0..<0
    /// The first choice's `index`.
    package var choiceIndex = 0
    package var choiceCount = 0
    /// Some text, reasoning or part of a tool call is in it, so that tokens were delivered.
    package var hasContent = false
    /// A choice carries a `finish_reason`.
    package var finishReason = false
    /// `timings.predicted_n`: tokens generated so far for this choice.
    package var predicted: Int64?
    /// `timings.prompt_n`: prompt tokens that were processed, cached ones not included.
    package var promptProcessed: Int64?
    /// `timings.cache_n`: prompt tokens that came from the cache.
    package var promptCached: Int64?
    /// `usage`, running or final.
    package var usage: EngineUsage?
    /// The value of `model`, quotes included.
    package var modelRange: Range<Int>?
    /// The value of `id`, quotes included.
    package var identifierRange: Range<Int>?
    /// The value of `created`.
    package var created: Int64?
    /// The member `timings` with one comma: what to cut out.
    package var timingsRange: Range<Int>?
    /// The member `usage` with one comma: what to cut out.
    package var usageRange: Range<Int>?
    /// The value of `usage`: what to replace.
    package var usageValueRange: Range<Int>?
    /// Where `,"usage":null` may be inserted; nil if the frame has the member.
    package var usageNullInsertOffset: Int?
    /// The value of `error`.
    package var errorRange: Range<Int>?

    package init() {}

    /// The chunk with which a stream ends when usage was asked for: no choices, only usage.
    /// llama.cpp sends one for each of `n` choices, each with its own choice's completion tokens
    /// and the shared prompt's tokens; and for completions none, but `usage` in each last chunk.
    package var isUsageOnly: Bool { kind == .data && choiceCount == 0 && usage != nil }

    /// Reads one event, as ``EventStreamSplitter`` cuts it. Throws `engineFailed` if its data is no
    /// JSON object.
    package static func scan(_ event: UnsafeRawBufferPointer) throws(Failure) -> ChatFrame {
        var frame = ChatFrame()
        var namedError = false
        var index = 0
        while index < event.count {
            var end = index
            if isData(event, index), frame.dataRange.isEmpty {
                // The data is one line of JSON or `[DONE]`; JSON's own end is found by reading it.
                let start = index &+ (index &+ 5 < event.count && event[index &+ 5] == 0x20 ? 6 : 5)
                end = try frame.readData(event, from: start)
                frame.dataRange = start..<end
            } else if isData(event, index) {
                throw ResponseHeadScan.broken("an event of its stream has several lines of data")
            }
            while end < event.count, event[end] != 0x0A, event[end] != 0x0D { end &+= 1 }
            if begins(event, index..<end, "event: error")
                || begins(event, index..<end, "event:error")
            {
                namedError = true
            }
            index = end &+ 1
        }
        if namedError, frame.kind != .done { frame.kind = .error }
        return frame
    }

    @inline(__always)
    private static func isData(_ event: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        index &+ 5 <= event.count && event[index] == 0x64 && event[index &+ 1] == 0x61
            && event[index &+ 2] == 0x74 && event[index &+ 3] == 0x61 && event[index &+ 4] == 0x3A
    }

    private static func begins(
        _ event: UnsafeRawBufferPointer, _ line: Range<Int>, _ text: StaticString
    ) -> Bool {
        guard line.count >= text.utf8CodeUnitCount else { return false }
        for offset in 0..<text.utf8CodeUnitCount
        where event[line.lowerBound &+ offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Reads the data that begins at `start`; returns where it ends.
    private mutating func readData(
        _ event: UnsafeRawBufferPointer, from start: Int
    ) throws(Failure) -> Int {
        if Self.begins(event, start..<event.count, "[DONE]") {
            kind = .done
            return start &+ 6
        }
        guard var cursor = JSONCursor(event) else { return start }
        cursor.position = start
        do throws(Failure) {
            switch try cursor.kind() {
            case .object:
                kind = .data
                try readChunk(&cursor)
            case .null: try cursor.literal("null")
            default: throw cursor.malformed(.expectedValue)
            }
        } catch {
            throw ResponseHeadScan.broken("an event of its stream is not valid JSON")
        }
        var end = cursor.position
        while end < event.count, event[end] == 0x20 || event[end] == 0x09 { end &+= 1 }
        guard end == event.count || event[end] == 0x0A || event[end] == 0x0D else {
            throw ResponseHeadScan.broken("an event of its stream is not valid JSON")
        }
        return cursor.position
    }
}

/// The members of a chunk.
extension ChatFrame {
    private mutating func readChunk(_ cursor: inout JSONCursor) throws(Failure) {
        try cursor.enter()
        var members = MemberRanges()
        var first = true
        members.begin(cursor)
        while let key = try cursor.nextKey(&first) {
            switch key.count {
            case 2 where cursor.matches(key, "id"):
                identifierRange = try quotedString(&cursor)
            case 5 where cursor.matches(key, "model"):
                modelRange = try quotedString(&cursor)
            case 5 where cursor.matches(key, "usage"):
                let start = cursor.position
                usage = try cursor.usage()
                usageValueRange = start..<cursor.position
                usageRange = members.cut(key, cursor)
                continue
            case 5 where cursor.matches(key, "error"):
                try readError(&cursor)
            case 7 where cursor.matches(key, "choices"):
                try readChoices(&cursor)
            case 7 where cursor.matches(key, "timings"):
                try readTimings(&cursor)
                timingsRange = members.cut(key, cursor)
                continue
            case 7 where cursor.matches(key, "created"):
                created = try cursor.count()
            default: try cursor.skipValue()
            }
            members.keep(cursor)
        }
        if usageValueRange == nil, !first { usageNullInsertOffset = cursor.position &- 1 }
    }

    private func quotedString(_ cursor: inout JSONCursor) throws(Failure) -> Range<Int>? {
        guard try cursor.kind() == .string else {
            try cursor.skipValue()
            return nil
        }
        return try cursor.string().quoted
    }

    private mutating func readError(_ cursor: inout JSONCursor) throws(Failure) {
        let start = cursor.position
        let isNull = try cursor.kind() == .null
        try cursor.skipValue()
        if !isNull {
            kind = .error
            errorRange = start..<cursor.position
        }
    }

    private mutating func readTimings(_ cursor: inout JSONCursor) throws(Failure) {
        guard try cursor.kind() == .object else { return try cursor.skipValue() }
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            switch key.count {
            case 7 where cursor.matches(key, "cache_n"): promptCached = try cursor.count()
            case 8 where cursor.matches(key, "prompt_n"): promptProcessed = try cursor.count()
            case 11 where cursor.matches(key, "predicted_n"): predicted = try cursor.count()
            default: try cursor.skipValue()
            }
        }
    }

    private mutating func readChoices(_ cursor: inout JSONCursor) throws(Failure) {
        guard try cursor.kind() == .array else { return try cursor.skipValue() }
        try cursor.enter()
        var first = true
        while try cursor.nextElement(&first) {
            choiceCount += 1
            guard try cursor.kind() == .object else {
                try cursor.skipValue()
                continue
            }
            try readChoice(&cursor)
        }
    }

    private mutating func readChoice(_ cursor: inout JSONCursor) throws(Failure) {
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            switch key.count {
            case 4 where cursor.matches(key, "text"): try readText(&cursor)
            case 5 where cursor.matches(key, "index"):
                let index = try cursor.count() ?? 0
                if choiceCount == 1 { choiceIndex = Int(index) }
            case 5 where cursor.matches(key, "delta"): try readDelta(&cursor)
            case 13 where cursor.matches(key, "finish_reason"):
                if try cursor.kind() != .null { finishReason = true }
                try cursor.skipValue()
            default: try cursor.skipValue()
            }
        }
    }

    /// Everything in a delta but its role is content.
    private mutating func readDelta(_ cursor: inout JSONCursor) throws(Failure) {
        guard try cursor.kind() == .object else { return try cursor.skipValue() }
        try cursor.enter()
        var first = true
        while let key = try cursor.nextKey(&first) {
            if key.count == 4, cursor.matches(key, "role") {
                try cursor.skipValue()
            } else {
                try readText(&cursor)
            }
        }
    }

    /// Notes content if the value is a string or array that is not empty, or an object.
    private mutating func readText(_ cursor: inout JSONCursor) throws(Failure) {
        switch try cursor.kind() {
        case .string:
            if try cursor.string().count > 0 { hasContent = true }
        case .array:
            let start = cursor.position
            try cursor.skipValue()
            if cursor.position > start &+ 2 { hasContent = true }
        case .object:
            hasContent = true
            try cursor.skipValue()
        default: try cursor.skipValue()
        }
    }
}

/// Works out which bytes to cut so that an object stays one when a member goes. A member takes the
/// comma before it along; where only members that can be cut stand before it, the one behind it.
struct MemberRanges {
    private var previousEnd = 0
    private var leading = true

    @inline(__always)
    mutating func begin(_ cursor: JSONCursor) { previousEnd = cursor.position }

    @inline(__always)
    mutating func keep(_ cursor: JSONCursor) {
        previousEnd = cursor.position
        leading = false
    }

    /// The range for the member whose value ends at the cursor.
    mutating func cut(_ key: JSONString, _ cursor: JSONCursor) -> Range<Int> {
        defer { previousEnd = cursor.position }
        guard leading else { return previousEnd..<cursor.position }
        var behind = cursor
        behind.skipWhitespace()
        let end = behind.current == 0x2C ? behind.position &+ 1 : cursor.position
        return key.quoted.lowerBound..<end
    }
}
