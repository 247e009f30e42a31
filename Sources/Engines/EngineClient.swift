import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Asks a model server how it does: its own routes beside the OpenAI ones.
package struct EngineClient: Sendable {
    private enum Limit {
        static let time = TimeAmount.seconds(2)
        static let bodyBytes = 4 << 20
    }

    private enum Answer {
        case body(ByteBuffer)
        case status(UInt)
        case failed(String)
    }

    private static let decoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()

    private let http: HTTPClient

    package init() { http = .shared }

    /// Looks once, for at most a few seconds. `apiKey` is for servers that want one.
    package func health(
        of engine: EngineKind, at address: EngineAddress, pathPrefix: String = "/v1",
        apiKey: String? = nil
    ) async -> EngineHealth {
        if engine != .openAI {
            switch await get("/health", at: address, apiKey: apiKey) {
            case .body: break
            case .status(503): return .loading
            case .status(let code): return .failing("GET /health answered \(code)")
            case .failed(let why): return .failing(why)
            }
        }
        switch await get("\(pathPrefix)/models", at: address, apiKey: apiKey) {
        case .body(let body):
            let models = try? Self.decoder.decode(ModelList.self, from: body)
            let contextLength = models?.data.first?.contextLength
            let busy = engine == .llamaCpp ? await busySlots(at: address) : 0
            return .serving(contextLength: contextLength, busySlots: busy)
        case .status(503): return .loading
        case .status(let code): return .failing("GET \(pathPrefix)/models answered \(code)")
        case .failed(let why): return .failing(why)
        }
    }

    /// Requests that llama.cpp works on now.
    private func busySlots(at address: EngineAddress) async -> Int {
        guard case .body(let body) = await get("/slots", at: address, apiKey: nil) else { return 0 }
        let slots = try? Self.decoder.decode([Slot].self, from: body)
        return slots?.count(where: \.isProcessing) ?? 0
    }

    private func get(_ path: String, at address: EngineAddress, apiKey: String?) async -> Answer {
        var request = HTTPClientRequest(url: address.url(path: path))
        if let apiKey { request.headers.add(name: "authorization", value: "Bearer \(apiKey)") }
        do {
            let response = try await http.execute(request, timeout: Limit.time)
            let body = try await response.body.collect(upTo: Limit.bodyBytes)
            return response.status == .ok ? .body(body) : .status(response.status.code)
        } catch {
            return .failed("GET \(path): \(error)")
        }
    }

    private struct ModelList: Decodable {
        var data: [Model]

        struct Model: Decodable {
            var meta: Meta?
            /// vLLM and SGLang.
            var maxModelLen: Int64?

            var contextLength: Int64? { meta?.nCtx ?? maxModelLen }
        }

        /// llama.cpp.
        struct Meta: Decodable { var nCtx: Int64? }
    }

    private struct Slot: Decodable { var isProcessing: Bool }
}

extension EngineAddress {
    /// As AsyncHTTPClient takes it: a socket's path stands percent-encoded where the host would.
    func url(path: String) -> String {
        switch self {
        case .tcp(let host, let port, let tls): "\(tls ? "https" : "http")://\(host):\(port)\(path)"
        case .unixSocket(let socket):
            "http+unix://"
                + (socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket)
                + path
        }
    }
}
