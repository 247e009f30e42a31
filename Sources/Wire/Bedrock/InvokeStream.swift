import Vocabulary

/// Turns an engine's chunks into the frames of InvokeModelWithResponseStream: each carries one
/// event of the model's own form in base 64.
struct InvokeStream: DialectStream {
    private var request: AnsweredRequest
    /// nil: OpenAI's chunks.
    private var messages: MessagesStream?
    private var events: [UInt8] = []
    /// Of the engine's chunks, for the last one; as JSON.
    private var identifier: [UInt8]?
    private var created: Int64 = 0

    init(for request: AnsweredRequest, form: InvokeRequest.Form) {
        self.request = request
        self.messages = form == .messages ? MessagesStream(for: request) : nil
    }

    mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure) {
        guard messages != nil else {
            takeChat(chunk, frame, &bytes)
            return
        }
        events.removeAll(keepingCapacity: true)
        try messages?.take(chunk, frame, into: &events)
        wrapEvents(metrics: [], &bytes)
    }

    func keepAlive(into bytes: inout [UInt8]) {
        let start = EventMessage.begin(BedrockEvent.ping.headers, into: &bytes)
        JSONText.append(plain: "{}", to: &bytes)
        EventMessage.finish(from: start, into: &bytes)
    }

    func error(_ failure: Failure, requestID: String, into bytes: inout [UInt8]) {
        bytes += BedrockException.frame(
            failure, requestID: requestID, knowsTimeout: true)
    }

    mutating func note(_ guarded: GuardedAnswer) { request.guarded = guarded }

    mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8]
    ) {
        let counts = usage.counts(for: .chat)
        let metrics =
            Array(
                (",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":\(counts.input),"
                    + "\"outputTokenCount\":\(counts.generated),"
                    + "\"invocationLatency\":\(milliseconds),"
                    + "\"cacheReadInputTokenCount\":\(counts.cacheRead),"
                    + "\"cacheWriteInputTokenCount\":0}").utf8)
            + (request.guarded?.membersOfInvoke ?? [])
        if messages != nil {
            events.removeAll(keepingCapacity: true)
            messages?.end(usage: usage, stop: stop, after: milliseconds, into: &events)
            wrapEvents(metrics: metrics, &bytes)
        } else {
            endChat(usage, stop, metrics, &bytes)
        }
    }

    // MARK: Anthropic's events

    /// The data of each event as a chunk; `metrics` go into the last one.
    private func wrapEvents(metrics: [UInt8], _ bytes: inout [UInt8]) {
        events.withUnsafeBytes { events in
            var start = 0
            for index in events.indices.dropFirst()
            where events[index] == 0x0A && events[index - 1] == 0x0A {
                let event = events[start..<index - 1]
                start = index + 1
                guard !event.starts(with: "event: ping".utf8),
                    let line = event.firstIndex(of: 0x0A)
                else { continue }
                let data = event[(line + 1)...].dropFirst("data: ".utf8.count)
                let isLast = event.starts(with: "event: message_stop".utf8)
                wrap(UnsafeRawBufferPointer(rebasing: data), isLast ? metrics : [], &bytes)
            }
        }
    }

    /// One frame; `added` are members for the end of the data's object.
    private func wrap(
        _ data: UnsafeRawBufferPointer, _ added: [UInt8], _ bytes: inout [UInt8]
    ) {
        let start = EventMessage.begin(BedrockEvent.chunk.headers, into: &bytes)
        JSONText.append(plain: "{\"bytes\":\"", to: &bytes)
        if added.isEmpty {
            Base64.append(data, to: &bytes)
        } else {
            (Array(data.dropLast()) + added + [UInt8(ascii: "}")]).withUnsafeBytes {
                Base64.append($0, to: &bytes)
            }
        }
        JSONText.append(plain: "\"}", to: &bytes)
        EventMessage.finish(from: start, into: &bytes)
    }

    // MARK: OpenAI's chunks

    /// Without what the engine adds for us alone, and under the name that the client knows.
    private mutating func takeChat(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, _ bytes: inout [UInt8]
    ) {
        let offset = frame.dataRange.lowerBound
        func here(_ range: Range<Int>) -> Range<Int> {
            range.lowerBound - offset..<range.upperBound - offset
        }
        if identifier == nil, let range = frame.identifierRange {
            identifier = Array(chunk[here(range)])
            created = frame.created ?? 0
        }
        var splices: [Splice] = []
        for cut in [frame.timingsRange, frame.usageRange] {
            if let cut { splices.append(Splice(range: here(cut), replacement: [])) }
        }
        if let model = frame.modelRange {
            splices.append(
                Splice(range: here(model), replacement: JSONText.quoted(request.model)))
        }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
        apply(splices, to: chunk).withUnsafeBytes { wrap($0, [], &bytes) }
    }

    private func endChat(
        _ usage: EngineUsage, _ stop: DialectStop?, _ metrics: [UInt8], _ bytes: inout [UInt8]
    ) {
        let name = identifier.map { String(decoding: $0.dropFirst().dropLast(), as: UTF8.self) }
        var frames: [UInt8] = []
        if let stop {
            frames = OpenAIStreamEnd.finalFrame(
                id: name ?? request.request, created: created, model: request.model,
                stopReason: stop.reason, message: stop.message, usage: nil)
        }
        frames += OpenAIStreamEnd.usageFrame(
            id: name ?? request.request, created: created, model: request.model, usage: usage)
        frames.withUnsafeBytes { frames in
            var start = 0
            for index in frames.indices.dropFirst()
            where frames[index] == 0x0A && frames[index - 1] == 0x0A {
                let data = frames[start..<index - 1].dropFirst("data: ".utf8.count)
                start = index + 1
                guard data.first == UInt8(ascii: "{") else { continue }
                wrap(
                    UnsafeRawBufferPointer(rebasing: data),
                    start == frames.count ? metrics : [], &bytes)
            }
        }
    }
}
