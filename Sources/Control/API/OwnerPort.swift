import Hummingbird
package import Logging
import NIOCore
package import Vocabulary

/// The control port's server: HTTP/1.1 around ``OwnerAPI``.
package struct OwnerPort: Sendable {
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    private let api: OwnerAPI
    private let clock: WallClock
    private let random: RandomSource
    private let logger: Logger

    package init(
        api: OwnerAPI, host: String, port: Int, clock: WallClock, random: RandomSource,
        logger: Logger
    ) {
        self.api = api
        self.host = host
        self.port = port
        self.clock = clock
        self.random = random
        self.logger = logger
    }

    /// Serves until the task is cancelled. `listening` is told the port once it is open.
    package func run(listening: @escaping @Sendable (Int) async -> Void) async throws {
        let application = Application(
            responder: CallbackResponder { (request, _: BasicRequestContext) in
                await respond(to: request)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await listening(port) }
            },
            logger: quietLogger)
        try await application.run()
    }

    /// The server's own notices are of no use to an owner below a warning.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }

    @concurrent
    private func respond(to request: Request) async -> Response {
        let began = clock.now()
        var generator = random
        let id = RequestID(at: began, using: &generator)
        let response = await answer(request)
        logger.info(
            "owner request",
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
        let body = request.method == .head ? [] : response.body
        return Response(
            status: HTTPResponse.Status(code: response.status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    private func answer(_ request: Request) async -> APIResponse {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        do {
            let body = try await request.body.collect(upTo: OwnerAPI.maximumBody)
            return await api.respond(
                to: APIRequest(
                    method: request.method.rawValue, path: request.uri.path,
                    query: request.uri.query ?? "", headers: headers,
                    body: Array(body.readableBytesView)))
        } catch {
            return .failure(
                Failure(
                    .tooLarge, "The body is longer than \(OwnerAPI.maximumBody) bytes, or broken."))
        }
    }
}
