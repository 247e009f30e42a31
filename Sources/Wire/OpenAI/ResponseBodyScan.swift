package import Vocabulary

/// Picks the few things that matter out of a whole answer, in one pass.
package enum ResponseBodyScan {
    /// Throws `engineFailed` if the body is no JSON object. The range of `timings` takes one comma
    /// along: it is what to cut out. The range of `model` is the value, quotes included.
    ///
    /// Beware of llama.cpp where an answer has several choices or prompts: its `usage` (and
    /// `timings`) counts only the first of them.
    package static func scan(
        _ body: UnsafeRawBufferPointer
    ) throws(Failure) -> (
        usage: EngineUsage?, timingsRange: Range<Int>?, modelRange: Range<Int>?
    ) {
        guard var cursor = JSONCursor(body) else {
            throw ResponseHeadScan.broken("its body is empty")
        }
        do throws(Failure) {
            return try scan(&cursor)
        } catch {
            throw ResponseHeadScan.broken("its body is not a valid JSON object")
        }
    }

    private static func scan(
        _ cursor: inout JSONCursor
    ) throws(Failure) -> (EngineUsage?, Range<Int>?, Range<Int>?) {
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else { throw cursor.malformed(.expectedValue) }
        try cursor.enter()
        var usage: EngineUsage?
        var timingsRange: Range<Int>?
        var modelRange: Range<Int>?
        var members = MemberRanges()
        var first = true
        members.begin(cursor)
        while let key = try cursor.nextKey(&first) {
            switch key.count {
            case 5 where cursor.matches(key, "usage"): usage = try cursor.usage()
            case 5 where cursor.matches(key, "model"):
                let isString = try cursor.kind() == .string
                let start = cursor.position
                try cursor.skipValue()
                if isString { modelRange = start..<cursor.position }
            case 7 where cursor.matches(key, "timings"):
                try cursor.skipValue()
                timingsRange = members.cut(key, cursor)
                continue
            default: try cursor.skipValue()
            }
            members.keep(cursor)
        }
        try cursor.finish()
        return (usage, timingsRange, modelRange)
    }
}
