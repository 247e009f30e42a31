import CapacityPath
import Hummingbird
import Logging
import NIOCore
import Vocabulary
import Wire

/// HTTP/1.1 around one of our APIs: collects requests, writes answers, whole or as they come, and
/// hands connections over that are to be attached.
struct APIServer: Sendable {
    let label: String
    let address: BindAddress
    let clock: WallClock
    let random: RandomSource
    let logger: Logger
    /// The longest body of a request by its method, of which HEAD is GET, and its path; in bytes.
    let maximumBody: @Sendable (String, String) -> Int
    /// A request that is not taken, in the form of whom its method and path are of.
    let refuse: @Sendable (Failure, String, String) -> APIResponse
    let respond: @Sendable (APIRequest) async -> APIResponse
    let attach: @Sendable (APIRequest) async throws -> Attachment
    private let uploads = UploadRoom()

    /// Serves until the task is cancelled. `listening` is told where.
    func run(listening: @escaping @Sendable (any Channel) async -> Void) async throws {
        let application = Application(
            responder: CallbackResponder { (request, _: BasicRequestContext) in
                await respond(to: request)
            },
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [AttachInstaller(attach: attach, logger: logger)])),
            configuration: ApplicationConfiguration(address: address),
            onServerRunning: { channel in await listening(channel) },
            logger: quietLogger)
        try await application.run()
    }

    /// The server's own notices are of no use to an owner below a warning.
    private var quietLogger: Logger {
        var quiet = Logger(label: logger.label) { [handler = logger.handler] _ in
            EndingQuietly(handler)
        }
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }

    @concurrent
    private func respond(to request: Request) async -> Response {
        let began = clock.now()
        var generator = random
        let headers = Self.headers(request)
        // A gateway has named the request already.
        let id =
            headers["x-request-id"].flatMap { RequestID($0) }
            ?? RequestID(at: began, using: &generator)
        let response = await answer(request, headers)
        logger.info(
            "\(label) request",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method.rawValue)",
                "path": "\(request.uri.path)", "status": "\(response.status)",
                "microseconds": "\(clock.now().microseconds - began.microseconds)",
            ])
        var fields = HTTPFields()
        fields[.contentType] = response.contentType
        for (name, value) in response.headers {
            if let name = HTTPFields.Element.Name(name) { fields[name] = value }
        }
        if let name = HTTPFields.Element.Name("x-request-id") { fields[name] = "\(id)" }
        return Response(
            status: HTTPResponse.Status(code: response.status), headers: fields,
            body: request.method == .head ? ResponseBody() : Self.body(response))
    }

    private static func body(_ response: APIResponse) -> ResponseBody {
        let first = ByteBuffer(bytes: response.body)
        guard let stream = response.stream else { return ResponseBody(byteBuffer: first) }
        return ResponseBody { writer in
            // An empty first write would end a chunked body.
            if first.readableBytes > 0 { try await writer.write(first) }
            while let bytes = try await stream.next() {
                if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
            }
            try await writer.finish(nil)
        }
    }

    private static func headers(_ request: Request) -> [String: String] {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        return headers
    }

    /// What nobody has told the length of may be as long as it is allowed to be.
    private static func length(_ headers: [String: String], upTo limit: Int) -> Int {
        let told = headers[CustomerHeader.length] ?? headers["content-length"]
        return min(limit, told.flatMap { Int($0) } ?? limit)
    }

    private func answer(_ request: Request, _ headers: [String: String]) async -> APIResponse {
        let method = request.method == .head ? "GET" : request.method.rawValue
        let limit = maximumBody(method, request.uri.path)
        let project = headers[CustomerHeader.project] ?? ""
        let bytes = method == "GET" ? 0 : Self.length(headers, upTo: limit)
        guard uploads.enter(project, bytes) else {
            return refuse(UploadRoom.failure, method, request.uri.path)
        }
        defer { uploads.leave(project, bytes) }
        do {
            let body = try await request.body.collect(upTo: limit)
            return await respond(
                APIRequest(
                    method: request.method.rawValue, path: request.uri.path,
                    query: request.uri.query ?? "", headers: headers,
                    body: Array(body.readableBytesView)))
        } catch {
            return refuse(
                Failure(.tooLarge, "The body is longer than \(limit) bytes, or broken."), method,
                request.uri.path)
        }
    }
}
