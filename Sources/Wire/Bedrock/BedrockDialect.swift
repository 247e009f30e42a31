package import Vocabulary

/// What Bedrock's operations have in common: errors, and frames as streams.
package protocol BedrockDialect: Dialect {}

extension BedrockDialect {
    package static var requestHeader: String { "x-amzn-RequestId" }
    package static var streamContentType: String { "application/vnd.amazon.eventstream" }

    /// Bedrock tells nothing about limits but when they are reached.
    package static func limitHeaders(_ limit: DialectLimit) -> [(name: String, value: String)] {
        []
    }

    package static func count(_ tokens: Int64) -> [UInt8] {
        Array("{\"inputTokens\":\(tokens)}".utf8)
    }

    package static func status(of code: Failure.Code) -> Int {
        BedrockException(code).status
    }

    package static func error(_ failure: Failure, requestID: String) -> [UInt8] {
        Array("{\"message\":".utf8)
            + JSONText.quoted(
                OpenAIErrorBody.message(of: failure, requestID: requestID))
            + Array("}".utf8)
    }

    package static func errorHeaders(_ failure: Failure) -> [(name: String, value: String)] {
        [(name: "x-amzn-errortype", value: BedrockException(failure.code).rawValue)]
    }
}

/// The exceptions of Bedrock's runtime.
package enum BedrockException: String, CaseIterable, Sendable {
    case accessDenied = "AccessDeniedException"
    case conflict = "ConflictException"
    case internalServer = "InternalServerException"
    case modelError = "ModelErrorException"
    case modelNotReady = "ModelNotReadyException"
    case modelStreamError = "ModelStreamErrorException"
    case modelTimeout = "ModelTimeoutException"
    case resourceNotFound = "ResourceNotFoundException"
    case serviceQuotaExceeded = "ServiceQuotaExceededException"
    case serviceUnavailable = "ServiceUnavailableException"
    case throttling = "ThrottlingException"
    case unknownOperation = "UnknownOperationException"
    case validation = "ValidationException"

    package init(_ code: Failure.Code) {
        self =
            switch code {
            case .invalidRequest, .contextLengthExceeded, .unsupported, .tooLarge: .validation
            case .unauthenticated, .forbidden: .accessDenied
            case .notFound, .modelNotFound: .resourceNotFound
            // Bedrock has operations: an address without one is a method that is not there.
            case .methodNotAllowed: .unknownOperation
            case .conflict: .conflict
            case .timeout: .modelTimeout
            case .rateLimited: .throttling
            case .insufficientQuota: .serviceQuotaExceeded
            case .modelWarming: .modelNotReady
            case .overloaded, .shuttingDown, .unavailable: .serviceUnavailable
            case .engineFailed: .modelError
            case .internalError: .internalServer
            }
    }

    /// The name of the member by which a stream carries it; streams know fewer.
    init(inStream code: Failure.Code, knowsTimeout: Bool) {
        self =
            switch BedrockException(code) {
            case .modelTimeout: knowsTimeout ? .modelTimeout : .modelStreamError
            case .modelError, .modelStreamError: .modelStreamError
            case .throttling, .modelNotReady: .throttling
            case .serviceUnavailable: .serviceUnavailable
            case .internalServer: .internalServer
            default: .validation
            }
    }

    /// As botocore's service model has it.
    package var status: Int {
        switch self {
        case .validation, .conflict, .serviceQuotaExceeded: 400
        case .accessDenied: 403
        case .resourceNotFound, .unknownOperation: 404
        case .modelTimeout: 408
        case .modelError, .modelStreamError: 424
        case .throttling, .modelNotReady: 429
        case .internalServer: 500
        case .serviceUnavailable: 503
        }
    }

    /// The exception as a frame of a stream.
    static func frame(
        _ failure: Failure, requestID: String, knowsTimeout: Bool
    ) -> [UInt8] {
        let name = BedrockException(inStream: failure.code, knowsTimeout: knowsTimeout).rawValue
        let member = name.prefix(1).lowercased() + name.dropFirst()
        let headers = BedrockEvent.headers([
            (":exception-type", member), (":content-type", "application/json"),
            (":message-type", "exception"),
        ])
        var bytes: [UInt8] = []
        let start = EventMessage.begin(headers, into: &bytes)
        JSONText.append(plain: "{\"message\":", to: &bytes)
        JSONText.append(
            OpenAIErrorBody.message(of: failure, requestID: requestID), to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        EventMessage.finish(from: start, into: &bytes)
        return bytes
    }
}

/// A kind of event in a stream of Bedrock's, with the headers that its frames have.
struct BedrockEvent: Sendable {
    static let messageStart = BedrockEvent("messageStart")
    static let contentBlockStart = BedrockEvent("contentBlockStart")
    static let contentBlockDelta = BedrockEvent("contentBlockDelta")
    static let contentBlockStop = BedrockEvent("contentBlockStop")
    static let messageStop = BedrockEvent("messageStop")
    static let metadata = BedrockEvent("metadata")
    static let chunk = BedrockEvent("chunk")
    /// None of Bedrock's own: clients skip what they do not know.
    static let ping = BedrockEvent("ping")

    let headers: [UInt8]

    private init(_ name: String) {
        headers = Self.headers([
            (":event-type", name), (":content-type", "application/json"),
            (":message-type", "event"),
        ])
    }

    fileprivate static func headers(_ list: [(String, String)]) -> [UInt8] {
        // Names and values are short and our own.
        (try? EventMessage.encoded(list.map { EventMessage.Header($0.0, .string($0.1)) })) ?? []
    }
}
