import Crypto
import NIOCore
import NIOHTTP1
import RequestPath
import Vocabulary
import Wire

/// What is known of a request while it comes in.
struct Intake {
    /// nil for a model request, which has an exchange.
    var page: Operations.Page?
    /// Answered at the end of the request, whose body is thrown away.
    var failure: Failure?
    var received = 0
    var requestID: RequestID?
    /// The answer to HEAD has no body.
    var isHead = false
    /// HTTP/1.0 knows no chunks.
    var speaksHTTP11 = true
    /// Its errors have the form of our own API.
    var speaksOwnAPI = false
    /// The client's dialect; nil: OpenAI's, which is the core's own.
    var dialect: (any Dialect.Type)?
    /// The form of errors where nobody chats: of what is kept under a vendor's API.
    var keptForm: (any ErrorForm.Type)?
    /// nil: OpenAI's.
    var errorForm: (any ErrorForm.Type)? { dialect ?? keptForm }
    /// The service that a signature must be for.
    var service = SignatureCheck.bedrock
    /// Whether the request may be signed as AWS wants it.
    var speaksAWS: Bool { keptForm != nil || dialect is any BedrockDialect.Type }
    /// What is to be checked once the body is there; nil: the key itself was sent.
    var signed: SignedIntake?
    /// The name of a failure in AWS's own words, where it has one that the dialect lacks.
    var exception: String?
    /// It is for AWS's security token service, at this address: its answers are XML.
    var tokenService: String?
    /// Its failure in that service's own words.
    var tokenServiceError: TokenServiceError?
    /// What of a signed request must not reach control before it is checked.
    var withheld = ByteBuffer()
    /// What of the loop's room it takes until control has it.
    var withheldBytes = 0
    /// The longest body, in bytes; nil: the gateway's own limit.
    var bodyLimit: Int?
    /// Nanoseconds of the monotonic clock at the end of its header.
    var beganAt: Int64 = 0

    mutating func take(_ fault: SignatureFault) {
        exception = fault.exception
        tokenServiceError = TokenServiceError(fault)
    }
}

/// The few header lines that matter here, found in one pass.
struct HeaderScan {
    private(set) var bytes: Int
    private(set) var authorization: String?
    private(set) var contentLength = 0
    private(set) var isChunked = false
    private(set) var expectation: String?
    private(set) var patience = ClientPatience()
    /// Of dialects that have a header line of their own for the key.
    private(set) var apiKey: String?
    private(set) var hasAnthropicVersion = false
    private(set) var retry = RetryHeader()
    private(set) var guardrail = GuardrailHeaders()

    init(_ head: HTTPRequestHead) {
        bytes = head.uri.utf8.count
        for (name, value) in head.headers {
            bytes += name.utf8.count + value.utf8.count + 4
            switch name.utf8.count {
            case 6 where Self.equals(name, "expect"): expectation = value
            case 6 where Self.equals(name, "prefer"): patience.preference = value
            case 13 where Self.equals(name, "authorization"): authorization = value
            case 14 where Self.equals(name, "content-length"): contentLength = Int(value) ?? 0
            case 17 where Self.equals(name, "transfer-encoding"): isChunked = true
            case 19 where Self.equals(name, "x-stainless-timeout"):
                patience.timeout = value
            case 24 where Self.equals(name, "x-stainless-read-timeout"):
                patience.timeout = value
            case 15 where Self.equals(name, "idempotency-key"): retry.key = value
            case 21 where Self.equals(name, "amz-sdk-invocation-id"):
                retry.invocation = value.utf8.count <= RetryHeader.maximumBytes ? value : nil
            case 23 where Self.equals(name, "x-stainless-retry-count"): retry.attempts = value
            case 9 where Self.equals(name, "x-api-key"): apiKey = value
            case 20 where Self.equals(name, "x-amzn-bedrock-trace"): guardrail.trace = value
            case 31 where Self.equals(name, "x-amzn-bedrock-guardrailversion"):
                guardrail.version = value
            case 34 where Self.equals(name, "x-amzn-bedrock-guardrailidentifier"):
                guardrail.identifier = value
            case 17 where Self.equals(name, "anthropic-version"): hasAnthropicVersion = true
            default: break
            }
        }
    }

    var hasBody: Bool { contentLength > 0 || isChunked }
    var isSigned: Bool { authorization.map(SignatureClaim.isClaim) ?? false }

    private static func equals(_ name: String, _ lowerCase: StaticString) -> Bool {
        var name = name
        return name.withUTF8 { name in
            lowerCase.withUTF8Buffer { lowerCase in
                name.count == lowerCase.count
                    && name.indices.allSatisfy { name[$0] | 0x20 == lowerCase[$0] }
            }
        }
    }
}

extension ClientConnection {
    func begin(_ head: HTTPRequestHead) {
        phase = .receiving
        // Who asks on has read the answer before.
        unconfirmed = nil
        keepAlive = head.isKeepAlive
        let now = loop.now
        deadline = now + loop.waits.bodyWait
        intake.beganAt = now
        let request = loop.newRequestID()
        intake.requestID = request
        intake.isHead = head.method == .HEAD
        intake.speaksHTTP11 = head.version.minor >= 1
        let header = HeaderScan(head)
        findForm(head, header)
        do {
            try check(header, head.version)
            if intake.tokenService != nil || intake.speaksAWS {
                intake.signed = try SignedIntake.find(head, header, in: loop.directory)
            }
            var head = head
            if intake.keptForm != nil { head.uri = ObjectPath.whole(head.uri) }
            if intake.tokenService != nil {
                try openTokenService()
            } else {
                try open(head, header, request: request)
            }
            try checkSignatureOfHeader()
        } catch let fault as SignatureFault {
            intake.take(fault)
            intake.failure = fault.failure
        } catch let failure as Failure {
            intake.failure = failure
        } catch {
            intake.failure = Failure(.internalError, "Something went wrong here.")
        }
        if header.contentLength > bodyLimit { intake.failure = bodyTooLarge() }
        if intake.failure != nil {
            dropControl()
        } else if intake.signed == nil {
            beginControl()
        }
        // What is not going to be read to its end cannot be followed by another request.
        let isTooLarge = intake.failure?.code == .tooLarge
        if let expectation = header.expectation {
            expectContinue(expectation)
        } else if isTooLarge {
            refuse(closing: true)
        }
    }

    /// In whose form the request speaks, for its errors too.
    private func findForm(_ head: HTTPRequestHead, _ header: HeaderScan) {
        if ObjectPath.isMeant(uri: head.uri, authorization: header.authorization) {
            intake.keptForm = ObjectStoreForm.self
        } else if GatewayRoute.isTokenService(head, header) {
            intake.tokenService = head.uri
            intake.service = SignatureCheck.tokenService
        } else {
            intake.dialect = GatewayRoute.dialect(uri: head.uri, header)
        }
    }

    private func expectContinue(_ expectation: String) {
        guard expectation.lowercased() == "100-continue" else {
            intake.failure = Failure(.invalidRequest, "Only 'Expect: 100-continue' is understood.")
            refuse(closing: true)
            return
        }
        if intake.failure == nil {
            write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), flush: true)
        } else {
            refuse(closing: true)
        }
    }

    private func check(_ header: HeaderScan, _ version: HTTPVersion) throws(Failure) {
        guard header.bytes <= loop.limits.headerBytes else {
            throw Failure(
                .tooLarge,
                "The request's header is larger than \(loop.limits.headerBytes) bytes.")
        }
        guard version.major == 1 else {
            throw Failure(.invalidRequest, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        }
    }

    private func open(
        _ head: HTTPRequestHead, _ header: HeaderScan, request: RequestID
    ) throws(Failure) {
        switch GatewayRoute.find(method: head.method, uri: head.uri) {
        case .model(let operation):
            try openExchange(operation, header, request: request)
        case .chat(_, let address):
            try openExchange(.chat, header, request: request)
            exchange?.address = address
            exchange?.address.guardrail = try header.guardrail.choice()
            if address.purpose == .count { exchange?.counting = .template }
        case .models(let name):
            intake.page = .models(key: try authenticate(header), name: name)
        case .page(let page):
            if page == .metrics, !isPeerLocal { throw GatewayRoute.unknown(head.uri) }
            intake.page = page
        case .control(let route):
            try openControl(route, head, header, request: request)
        case .resource(let operation):
            try openControl(operation, head, header, request: request)
        case .failure(let failure):
            throw intake.dialect is any BedrockDialect.Type
                ? GatewayRoute.unknownOperation : failure
        }
    }

    private func openExchange(
        _ operation: EngineOperation, _ header: HeaderScan, request: RequestID
    ) throws(Failure) {
        let key = try authenticate(header)
        if loop.isDraining {
            throw Failure(
                .shuttingDown, "This gateway is going down. Try again.", retry: .after(.seconds(1)))
        }
        let exchange = Exchange(
            request: request, operation: operation, dialect: intake.dialect, key: key)
        exchange.patience = header.patience
        try header.retry.check()
        exchange.retry = header.retry
        self.exchange = exchange
    }

    private func authenticate(_ header: HeaderScan) throws(Failure) -> KeyEntry {
        try recognize(header).key
    }

    func recognize(_ header: HeaderScan) throws(Failure) -> (key: KeyEntry, digest: KeyDigest) {
        if let signed = intake.signed { return (signed.signer.entry, signed.signer.digest) }
        let secret: Substring
        if intake.dialect != nil, let apiKey = header.apiKey {
            secret = apiKey[...]
        } else {
            secret = try BearerToken.find(in: header.authorization)
        }
        let digest = Self.digest(of: secret)
        guard let digest, let entry = loop.directory.keys[digest] else {
            throw Failure(
                .unauthenticated,
                "This API key is not known here, or it has been revoked. Check the Authorization "
                    + "header, or make a new key with 'spillway key create'.")
        }
        return (entry, digest)
    }

    private static func digest(of secret: Substring) -> KeyDigest? {
        var hasher = SHA256()
        var secret = secret
        secret.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hasher.finalize().withUnsafeBytes(KeyDigest.init(bytes:))
    }

    func receive(_ bytes: ByteBuffer) {
        guard phase == .receiving else { return }
        intake.received += bytes.readableBytes
        guard intake.received <= bodyLimit else {
            intake.failure = bodyTooLarge()
            refuse(closing: true)
            return
        }
        var bytes = bytes
        if let control {
            if intake.signed == nil { control.send(bytes) } else { withhold(&bytes) }
            renewBodyDeadline()
            return
        }
        guard intake.failure == nil else { return }
        if intake.tokenService != nil { intake.withheld.writeBuffer(&bytes) }
        guard let exchange else { return }
        if exchange.body.readableBytes == 0 {
            exchange.body = bytes
        } else {
            exchange.body.writeBuffer(&bytes)
        }
    }

    /// What may only be short needs no room: how many there are is bounded.
    private func withhold(_ bytes: inout ByteBuffer) {
        guard bodyLimit > Self.shortBody else {
            intake.withheld.writeBuffer(&bytes)
            return
        }
        guard loop.withheldBytes + bytes.readableBytes <= loop.limits.withheldBytes else {
            intake.failure = Failure(
                .overloaded, "As many uploads as are taken at a time are under way. Try again.",
                retry: .after(.seconds(2)))
            refuse(closing: true)
            return
        }
        loop.withheldBytes += bytes.readableBytes
        intake.withheldBytes += bytes.readableBytes
        intake.withheld.writeBuffer(&bytes)
    }

    func endOfRequest() {
        guard phase == .receiving else { return }
        if intake.failure != nil {
            refuse(closing: false)
            return
        }
        guard isSignatureValid(of: exchange?.body ?? intake.withheld) else { return }
        if let exchange {
            exchange.receivedAt = loop.now
            decide(exchange)
        } else if let uri = intake.tokenService {
            answerTokenService(uri)
        } else if let page = intake.page {
            answer(page)
        } else if control != nil {
            endControlRequest()
        }
    }

    /// What passes through may be as long as its operation allows, at a modest pace.
    private func renewBodyDeadline() {
        let seconds = Int64(intake.received / loop.limits.slowestBodyBytesPerSecond)
        deadline = intake.beganAt + loop.waits.bodyWait + seconds * 1_000_000_000
    }

    private static let shortBody = 1 << 20

    private var bodyLimit: Int { intake.bodyLimit ?? loop.limits.bodyBytes }

    private func bodyTooLarge() -> Failure {
        Failure(
            .tooLarge,
            "The request's body is larger than \(bodyLimit >> 20) MiB. Send less.")
    }

    /// Answers with the failure that the intake found.
    private func refuse(closing: Bool) {
        if closing { keepAlive = false }
        let failure = intake.failure ?? Failure(.internalError, "Something went wrong here.")
        respond(failure)
    }

    func bodyTookTooLong() {
        keepAlive = false
        respond(
            Failure(
                .timeout,
                "The request's body did not arrive within \(loop.limits.bodyWait.components.seconds) s."
            ))
    }

    /// What cannot be parsed as HTTP is answered once and never read on.
    func refuseGarbage(_ error: any Error) {
        keepAlive = false
        intake.requestID = intake.requestID ?? loop.newRequestID()
        exchange = nil
        let failure =
            (error as? HTTPParserError) == .headerOverflow
            ? Failure(.tooLarge, "The request's header is too large.")
            : Failure(.invalidRequest, "This is not an HTTP/1.1 request.")
        respond(failure)
    }
}
