import Foundation
import Vocabulary

/// What an engine's error means to a client.
enum EngineRefusal {
    private struct Body: Decodable {
        struct Inner: Decodable {
            var message: String?
            var type: String?
        }

        var error: Inner?
    }

    /// Whether the server's state, not the request, is what is wrong.
    static func isOfServer(_ status: Int) -> Bool {
        status >= 500 || [401, 402, 403, 404, 408, 429].contains(status)
    }

    static func failure(status: Int, body: [UInt8]) -> Failure {
        let inner = (try? JSONDecoder().decode(Body.self, from: Data(body)))?.error
        let message = inner?.message.map { String($0.prefix(500)) }
        if inner?.type == "exceed_context_size_error" || message?.contains("context") == true,
            status == 400
        {
            return Failure(
                .contextLengthExceeded,
                message ?? "The prompt is longer than the model's context.", parameter: "messages")
        }
        switch status {
        case 400, 404, 405, 413, 415, 422:
            return Failure(
                .invalidRequest, message ?? "The engine cannot serve this request (HTTP \(status))."
            )
        case 429, 503:
            return Failure(
                .overloaded, "The engine is busy or loading. Try again in a moment.",
                retry: .after(.seconds(1)))
        case 401, 403:
            return Failure(
                .unavailable,
                "The supplier of this model refused our access. The operator has to act.")
        default:
            return Failure(
                .engineFailed, "The engine failed (HTTP \(status)). Try again in a moment.",
                retry: .after(.seconds(1)))
        }
    }
}
