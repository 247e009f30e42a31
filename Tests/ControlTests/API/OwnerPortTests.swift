import AsyncHTTPClient
import Control
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import TestKit
import Testing
import Vocabulary
import Wire

/// The same handlers behind a real socket.
@Suite(.timeLimit(.minutes(10))) struct OwnerPortTests {
    private func serving(
        _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let api = OwnerAPI(
            service: FakeOwnerService(), token: OperatorToken("secret"), gatewayURL: "http://g")
        let port = OwnerPort(
            api: api, host: "127.0.0.1", port: 0, clock: WallClock { .noon },
            random: .system, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask { try await port.run { continuation.yield($0) } }
            var iterator = ports.makeAsyncIterator()
            let number = try #require(await iterator.next())
            try await body("http://127.0.0.1:\(number)")
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    private func answer(
        _ url: String, method: String = "GET", body: [UInt8]? = nil
    ) async throws -> (response: HTTPClientResponse, text: String) {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer secret")
        if let body { request.body = .bytes(body) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(300))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return (response, String(decoding: bytes.readableBytesView, as: UTF8.self))
    }

    @Test func `requests are answered over HTTP, with an id`() async throws {
        try await serving { base in
            let listed = try await answer(base + "/api/v1/customers")
            #expect(listed.response.status.code == 200)
            #expect(listed.response.headers.first(name: "content-type") == "application/json")
            #expect(
                listed.response.headers.first(name: "x-request-id")?.hasPrefix("req_") == true)
            #expect(listed.text.contains(#""available":"4""#))
            let page = try await answer(base + "/")
            #expect(page.text.contains("Spillway control"))
        }
    }

    @Test func `a body that is too long is refused`() async throws {
        try await serving { base in
            let body = [UInt8](repeating: 0x20, count: OwnerAPI.maximumBody + 1)
            let refused = try await answer(base + "/api/v1/customers", method: "POST", body: body)
            #expect(refused.response.status.code == 413)
        }
    }
}
