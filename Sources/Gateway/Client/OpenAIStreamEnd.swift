import Foundation
import RequestPath
import Vocabulary
import Wire

/// The last events of a stream that we end ourselves.
enum OpenAIStreamEnd {
    static let done = Array("data: [DONE]\n\n".utf8)

    private struct Frame: Decodable {
        var id: String?
        var created: Int64?
        var object: String?
    }

    /// The final chunk, with the reason, and the usage chunk if it was asked for. Its identity is
    /// that of `event`, the first one that is not delivered any more.
    static func stopped(
        like event: UnsafeRawBufferPointer, model: String, clamp: Clamp, usage: TokenCounts?
    ) -> [UInt8] {
        let text = String(decoding: event, as: UTF8.self)
        let data = text.drop { $0 != "{" }
        let frame = try? JSONDecoder().decode(Frame.self, from: Data(data.utf8))
        let message =
            switch clamp {
            case .credit: "The credit is used up. Add credit to go on."
            case .budget: "The budget is used up. Raise it to go on."
            case .tokensPerMinute: "The limit of tokens a minute is used up. Go on in a minute."
            }
        let reason = clamp == .tokensPerMinute ? "rate_limit_exceeded" : "insufficient_quota"
        return OpenAIStreamFrame.final(
            id: frame?.id ?? "", created: frame?.created ?? 0,
            object: frame?.object ?? "chat.completion.chunk", model: model, stopReason: reason,
            message: message, usage: usage)
    }
}
