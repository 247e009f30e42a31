package import Vocabulary

/// The way in which a client speaks, where it is not the core's own (OpenAI's): a pure codec.
///
/// Admission, metering, money and limits see the request that `translate` makes, and never the
/// client's. A new dialect is a folder in `Wire`, a line of the gateway's route table, and a case
/// of ``Endpoint``.
package protocol Dialect: ErrorForm {
    /// Under which usage is recorded.
    static var endpoint: Endpoint { get }

    /// The request as a chat request in the core's dialect. Throws `invalidRequest` or
    /// `unsupported`, with the member at fault as `parameter`.
    static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest

    /// What the request wants to be kept, before it is translated; nil where nothing ever is.
    static func keeping(_ body: UnsafeRawBufferPointer) throws(Failure) -> ResponseKeeping?

    /// The engine's plain answer. Throws `engineFailed` if it cannot be understood.
    static func answer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8]

    /// Translates the engine's stream, chunk by chunk.
    static func stream(for request: AnsweredRequest) -> any DialectStream

    /// The answer to the question how many tokens a prompt has.
    static func count(_ tokens: Int64) -> [UInt8]

    static func models(_ cards: [OpenAIModelCard]) -> [UInt8]
    static func model(_ card: OpenAIModelCard) -> [UInt8]

    /// The headers that tell how much of a limit is left.
    static func limitHeaders(_ limit: DialectLimit) -> [(name: String, value: String)]
    /// What else stands in the header of an answer; without `usage`, in that of a stream.
    static func answerHeaders(
        _ request: AnsweredRequest, usage: EngineUsage?
    ) -> [(name: String, value: String)]
    static var streamContentType: String { get }
}

extension Dialect {
    package static func keeping(
        _ body: UnsafeRawBufferPointer
    ) throws(Failure) -> ResponseKeeping? { nil }
    package static func models(_ cards: [OpenAIModelCard]) -> [UInt8] {
        OpenAIModelBody.list(cards)
    }
    package static func model(_ card: OpenAIModelCard) -> [UInt8] { OpenAIModelBody.single(card) }
    package static func answerHeaders(
        _ request: AnsweredRequest, usage: EngineUsage?
    ) -> [(name: String, value: String)] { [] }
    package static var streamContentType: String { "text/event-stream; charset=utf-8" }
}

/// What a request's address says.
package struct DialectAddress: Hashable, Sendable {
    package var purpose: DialectPurpose
    /// Named by header lines, where the dialect has it there.
    package var guardrail: GuardrailChoice?
    /// nil where the body names the model.
    package var model: String?
    /// Whether the answer is a stream; nil where the body says it.
    package var streams: Bool?

    package init(purpose: DialectPurpose, model: String? = nil, streams: Bool? = nil) {
        self.purpose = purpose
        self.model = model
        self.streams = streams
    }
}

package enum DialectPurpose: Sendable {
    case answer
    /// Only the prompt's tokens are asked for.
    case count
}

/// A request in the core's dialect.
package struct TranslatedRequest: Hashable, Sendable {
    /// A chat completions request.
    package var body: [UInt8]
    /// Members of the client's request that only open engines take, not every supplier.
    package var extensions: [String]
    /// What the dialect wants to know of the request when it is answered.
    package var memo: [UInt8] = []
    package var guardrail: GuardrailChoice?
}

/// What an answer says about the request that it answers.
package struct AnsweredRequest: Hashable, Sendable {
    /// The request's name, as headers carry it.
    package var request: String
    /// The model, as the client called it.
    package var model: String
    /// Out of its translation.
    package var memo: [UInt8]
    /// Since the request was whole.
    package var milliseconds: Int64
    package var createdAt: Instant
    /// nil: no guardrail was named.
    package var guarded: GuardedAnswer?

    package init(
        request: String, model: String, memo: [UInt8] = [], milliseconds: Int64 = 0,
        createdAt: Instant = Instant(microseconds: 0)
    ) {
        self.request = request
        self.model = model
        self.memo = memo
        self.milliseconds = milliseconds
        self.createdAt = createdAt
    }
}

/// One limit of a key or project, as it stands now.
package struct DialectLimit: Hashable, Sendable {
    package enum Kind: String, Sendable { case requests, tokens }

    package var kind: Kind
    package var limit: Int64
    package var remaining: Int64
    /// When all of it is there again, and how long that is from now.
    package var resetsAt: Instant
    package var resetsIn: Duration

    package init(
        kind: Kind, limit: Int64, remaining: Int64, resetsAt: Instant, resetsIn: Duration
    ) {
        self.kind = kind
        self.limit = limit
        self.remaining = remaining
        self.resetsAt = resetsAt
        self.resetsIn = resetsIn
    }
}

/// A stream in a dialect, made out of an engine's chunks. Each call appends whole events.
package protocol DialectStream: Sendable {
    /// One chunk: its JSON, and what has been read out of it already. Throws `engineFailed` if the
    /// dialect has no way to say what the engine says.
    mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure)

    /// The engine is silent, and says so.
    func keepAlive(into bytes: inout [UInt8])

    /// The answer is complete, so many milliseconds after the request was whole. `stop` is given
    /// where it was us who ended it.
    mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8])

    /// The whole answer as it would be without a stream, once it has ended; empty where nobody
    /// keeps it.
    var whole: [UInt8] { get }

    /// Something failed; nothing follows.
    mutating func error(_ failure: Failure, requestID: String, into bytes: inout [UInt8])

    /// What a guardrail has done, told before the end; dialects without guardrails drop it.
    mutating func note(_ guarded: GuardedAnswer)
    /// A guardrail has put its message in the place of the rest: the engine is not needed any more.
    var isBlocked: Bool { get }
}

extension DialectStream {
    package mutating func note(_ guarded: GuardedAnswer) {}
    package var isBlocked: Bool { false }
}

extension DialectStream {
    package var whole: [UInt8] { [] }
}

/// Why we ended an answer ourselves.
package struct DialectStop: Hashable, Sendable {
    /// A code of ``Failure``.
    package var reason: String
    package var message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}
