import Vocabulary

/// Turns an engine's chunks into the frames of ConverseStream: blocks one after the other, the
/// reason behind the last, and then the usage.
struct ConverseStream: DialectStream, ChunkTranslation {
    private enum Block: Hashable {
        case none, text, reasoning
        case tool(Int)
    }

    private var request: AnsweredRequest
    private var hasStarted = false
    private var open = Block.none
    /// Blocks that have been opened.
    private var blocks = 0
    /// The last tool call that was begun.
    private var lastCall = -1
    private var ending = ConverseEnd()

    init(for request: AnsweredRequest) { self.request = request }

    mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure) {
        start(&bytes)
        guard var cursor = JSONCursor(chunk) else { return }
        try readChunk(&cursor, &bytes)
    }

    func keepAlive(into bytes: inout [UInt8]) {
        frame(.ping, &bytes) { JSONText.append(plain: "{}", to: &$0) }
    }

    func error(_ failure: Failure, requestID: String, into bytes: inout [UInt8]) {
        bytes += BedrockException.frame(
            failure, requestID: requestID, knowsTimeout: false)
    }

    mutating func note(_ guarded: GuardedAnswer) { request.guarded = guarded }

    mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8]
    ) {
        start(&bytes)
        close(&bytes)
        if stop != nil { ending = ConverseEnd(reason: MessagesEnd(reason: .maximumTokens)) }
        ending.isBlocked = request.guarded?.isBlocked == true
        frame(.messageStop, &bytes) { bytes in
            JSONText.append(plain: "{\"stopReason\":\"", to: &bytes)
            JSONText.append(plain: ending.text, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
            if let stop {
                JSONText.append(
                    plain: ",\"additionalModelResponseFields\":{\"spillway\":{\"stop_reason\":",
                    to: &bytes)
                JSONText.append(stop.reason, to: &bytes)
                JSONText.append(plain: ",\"message\":", to: &bytes)
                JSONText.append(stop.message, to: &bytes)
                JSONText.append(plain: "}}", to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        frame(.metadata, &bytes) { bytes in
            bytes.append(UInt8(ascii: "{"))
            ConverseEnd.append(usage, request, after: milliseconds, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    // MARK: Frames

    @inline(__always)
    private func frame(
        _ event: BedrockEvent, _ bytes: inout [UInt8], _ payload: (inout [UInt8]) -> Void
    ) {
        let start = EventMessage.begin(event.headers, into: &bytes)
        payload(&bytes)
        EventMessage.finish(from: start, into: &bytes)
    }

    private mutating func start(_ bytes: inout [UInt8]) {
        guard !hasStarted else { return }
        hasStarted = true
        frame(.messageStart, &bytes) {
            JSONText.append(plain: "{\"role\":\"assistant\"}", to: &$0)
        }
    }

    private mutating func close(_ bytes: inout [UInt8]) {
        guard open != .none else { return }
        open = .none
        frame(.contentBlockStop, &bytes) { bytes in
            JSONText.append(plain: "{\"contentBlockIndex\":", to: &bytes)
            JSONText.append(blocks - 1, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Text and reasoning begin without an event.
    private mutating func begin(_ block: Block, _ bytes: inout [UInt8]) {
        guard open != block else { return }
        close(&bytes)
        open = block
        blocks += 1
    }

    /// A piece of the open block, out of a string as it stands in the chunk.
    private func delta(
        _ head: StaticString, _ piece: JSONString, _ tail: StaticString, _ cursor: JSONCursor,
        _ bytes: inout [UInt8]
    ) {
        frame(.contentBlockDelta, &bytes) { bytes in
            JSONText.append(plain: "{\"contentBlockIndex\":", to: &bytes)
            JSONText.append(blocks - 1, to: &bytes)
            JSONText.append(plain: head, to: &bytes)
            bytes.append(contentsOf: cursor.bytes(piece.quoted))
            JSONText.append(plain: tail, to: &bytes)
        }
    }

    // MARK: What a chunk says

    mutating func text(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]) {
        guard piece.count > 0 else { return }
        begin(.text, &bytes)
        delta(",\"delta\":{\"text\":", piece, "}}", cursor, &bytes)
    }

    mutating func thought(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]) {
        guard piece.count > 0 else { return }
        begin(.reasoning, &bytes)
        delta(",\"delta\":{\"reasoningContent\":{\"text\":", piece, "}}}", cursor, &bytes)
    }

    mutating func call(
        _ call: ChunkCall, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        if call.index > lastCall {
            guard let name = call.name, name.count > 0 else {
                throw ResponseHeadScan.broken("a tool call in its stream has no name")
            }
            lastCall = call.index
            ending.calledTool = true
            begin(.tool(call.index), &bytes)
            frame(.contentBlockStart, &bytes) { bytes in
                JSONText.append(plain: "{\"contentBlockIndex\":", to: &bytes)
                JSONText.append(blocks - 1, to: &bytes)
                JSONText.append(plain: ",\"start\":{\"toolUse\":{\"toolUseId\":", to: &bytes)
                if let id = call.id, id.count > 0 {
                    bytes.append(contentsOf: cursor.bytes(id.quoted))
                } else {
                    JSONText.append(
                        ConverseAnswer.toolIdentifier(request, call.index), to: &bytes)
                }
                JSONText.append(plain: ",\"name\":", to: &bytes)
                bytes.append(contentsOf: cursor.bytes(name.quoted))
                JSONText.append(plain: "}}}", to: &bytes)
            }
        }
        guard let arguments = call.arguments, arguments.count > 0 else { return }
        guard open == .tool(call.index) else {
            throw ResponseHeadScan.broken("the tool calls in its stream are interleaved")
        }
        delta(",\"delta\":{\"toolUse\":{\"input\":", arguments, "}}}", cursor, &bytes)
    }

    mutating func note(finish: JSONValue?, stop: JSONValue?, _ cursor: JSONCursor) {
        ending.reason.note(finish: finish, stop: stop, in: cursor)
    }
}
