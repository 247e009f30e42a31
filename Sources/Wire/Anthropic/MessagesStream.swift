package import Vocabulary

/// Turns an engine's chunks into the events of a message: blocks one after the other, each opened,
/// filled and closed; the reason and the usage behind the last.
package struct MessagesStream: DialectStream, ChunkTranslation {
    enum Block: Hashable {
        case none, text, thinking
        case tool(Int)
    }

    private let request: AnsweredRequest
    private var hasStarted = false
    private var hasPinged = false
    private var open = Block.none
    /// Blocks that have been opened.
    private var blocks = 0
    /// The last tool call that was begun.
    private var lastCall = -1
    private var ending = MessagesEnd()

    package init(for request: AnsweredRequest) { self.request = request }

    package mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure) {
        start(
            input: frame.promptProcessed
                ?? frame.usage.map { $0.promptTokens - $0.cachedTokens } ?? 0,
            cached: frame.promptCached ?? frame.usage?.cachedTokens ?? 0, &bytes)
        guard var cursor = JSONCursor(chunk) else { return }
        try readChunk(&cursor, &bytes)
    }

    package func keepAlive(into bytes: inout [UInt8]) {
        JSONText.append(plain: "event: ping\ndata: {\"type\":\"ping\"}\n\n", to: &bytes)
    }

    package mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8]
    ) {
        let counts = usage.counts(for: .chat)
        start(input: counts.input, cached: counts.cacheRead, &bytes)
        close(&bytes)
        if stop != nil { ending = MessagesEnd(reason: .maximumTokens) }
        JSONText.append(
            plain: "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{", to: &bytes
        )
        ending.append(calledTool: lastCall >= 0, to: &bytes)
        JSONText.append(plain: "},\"usage\":", to: &bytes)
        MessagesUsage.append(usage, to: &bytes)
        if let stop {
            JSONText.append(plain: ",\"spillway\":{\"stop_reason\":", to: &bytes)
            JSONText.append(stop.reason, to: &bytes)
            JSONText.append(plain: ",\"message\":", to: &bytes)
            JSONText.append(stop.message, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        JSONText.append(
            plain: "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", to: &bytes)
    }

    package func error(_ failure: Failure, requestID: String, into bytes: inout [UInt8]) {
        JSONText.append(plain: "event: error\ndata: ", to: &bytes)
        bytes += MessagesDialect.error(failure, requestID: requestID)
        JSONText.append(plain: "\n\n", to: &bytes)
    }

    // MARK: Events

    private mutating func start(input: Int64, cached: Int64, _ bytes: inout [UInt8]) {
        guard !hasStarted else { return }
        hasStarted = true
        JSONText.append(
            plain: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":",
            to: &bytes)
        bytes += MessagesAnswer.head(request)
        JSONText.append(
            plain: "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":",
            to: &bytes)
        MessagesUsage.append(input: input, cached: cached, output: 0, to: &bytes)
        JSONText.append(plain: "}}\n\n", to: &bytes)
    }

    private mutating func close(_ bytes: inout [UInt8]) {
        guard open != .none else { return }
        open = .none
        JSONText.append(
            plain: "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":",
            to: &bytes)
        JSONText.append(blocks - 1, to: &bytes)
        JSONText.append(plain: "}\n\n", to: &bytes)
    }

    /// The beginning of a block, up to what it says of itself.
    private mutating func begin(_ block: Block, _ bytes: inout [UInt8]) {
        close(&bytes)
        open = block
        JSONText.append(
            plain: "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":",
            to: &bytes)
        JSONText.append(blocks, to: &bytes)
        JSONText.append(plain: ",\"content_block\":{\"type\":", to: &bytes)
        blocks += 1
    }

    /// The end of a block's beginning; a ping follows the first one, as Anthropic's own does.
    private mutating func endBegin(_ bytes: inout [UInt8]) {
        JSONText.append(plain: "}}\n\n", to: &bytes)
        guard !hasPinged else { return }
        hasPinged = true
        keepAlive(into: &bytes)
    }

    /// A piece of the open block, out of a string as it stands in the chunk.
    private func delta(
        _ head: StaticString, _ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) {
        JSONText.append(
            plain: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
            to: &bytes)
        JSONText.append(blocks - 1, to: &bytes)
        JSONText.append(plain: head, to: &bytes)
        bytes.append(contentsOf: cursor.bytes(piece.quoted))
        JSONText.append(plain: "}}\n\n", to: &bytes)
    }

    mutating func text(
        _ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) {
        guard piece.count > 0 else { return }
        if open != .text {
            begin(.text, &bytes)
            JSONText.append(plain: "\"text\",\"text\":\"\"", to: &bytes)
            endBegin(&bytes)
        }
        delta(",\"delta\":{\"type\":\"text_delta\",\"text\":", piece, cursor, &bytes)
    }

    mutating func thought(
        _ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) {
        guard piece.count > 0 else { return }
        if open != .thinking {
            begin(.thinking, &bytes)
            JSONText.append(
                plain: "\"thinking\",\"thinking\":\"\",\"signature\":\"\"", to: &bytes)
            endBegin(&bytes)
        }
        delta(",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":", piece, cursor, &bytes)
    }

    mutating func call(
        _ call: ChunkCall, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        if call.index > lastCall {
            guard let name = call.name, name.count > 0 else {
                throw ResponseHeadScan.broken("a tool call in its stream has no name")
            }
            lastCall = call.index
            begin(.tool(call.index), &bytes)
            JSONText.append(plain: "\"tool_use\",\"id\":", to: &bytes)
            if let id = call.id, id.count > 0 {
                bytes.append(contentsOf: cursor.bytes(id.quoted))
            } else {
                JSONText.append(MessagesAnswer.toolIdentifier(request, call.index), to: &bytes)
            }
            JSONText.append(plain: ",\"name\":", to: &bytes)
            bytes.append(contentsOf: cursor.bytes(name.quoted))
            JSONText.append(plain: ",\"input\":{}", to: &bytes)
            endBegin(&bytes)
        }
        guard let arguments = call.arguments, arguments.count > 0 else { return }
        guard open == .tool(call.index) else {
            throw ResponseHeadScan.broken("the tool calls in its stream are interleaved")
        }
        delta(
            ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":", arguments, cursor, &bytes
        )
    }

    mutating func note(finish: JSONValue?, stop: JSONValue?, _ cursor: JSONCursor) {
        ending.note(finish: finish, stop: stop, in: cursor)
    }
}
