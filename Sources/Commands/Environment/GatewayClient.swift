import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Vocabulary

/// A gateway's answer, whatever it is.
package struct InferenceAnswer: Hashable, Sendable {
    package var status: UInt
    package var body: [UInt8]

    package init(status: UInt, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Sends requests for models to a gateway, many at a time.
enum GatewayClient {
    /// How long an answer may take: a large model under full load takes a while.
    private static let timeout: TimeAmount = .minutes(10)
    private static let maximumAnswer = 16 << 20

    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    static func send(
        _ body: [UInt8], to path: String, at address: ControlAddress
    ) async throws -> InferenceAnswer {
        var request = HTTPClientRequest(url: address.url + path)
        request.method = .POST
        request.headers.add(name: "authorization", value: "Bearer \(address.token)")
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "spillway-command")
        request.body = .bytes(body)
        do {
            let response = try await http.execute(request, timeout: timeout)
            let bytes = try await response.body.collect(upTo: maximumAnswer)
            return InferenceAnswer(
                status: response.status.code, body: Array(bytes.readableBytesView))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Failure(
                .unavailable,
                "The gateway at \(address.url) does not answer. Is 'spillway up' running, and is "
                    + "that where customers send their requests? '--gateway' says another one.",
                parameter: "--gateway")
        }
    }
}
