import Foundation
import Vocabulary

/// Requests of a load: prompts of random words, so that no cache has seen them.
struct LoadPrompt: Sendable {
    enum Endpoint: String, Sendable {
        case completions, chat, embeddings

        /// The first that a model can.
        init?(capabilities: [String]) {
            let known = [Self.completions, .chat, .embeddings]
            guard let first = known.first(where: { capabilities.contains($0.rawValue) }) else {
                return nil
            }
            self = first
        }

        var path: String { self == .chat ? "/v1/chat/completions" : "/v1/\(rawValue)" }
    }

    private static let vocabulary = [
        "river", "stone", "amber", "seven", "window", "garden", "metal", "paper", "north",
        "signal", "copper", "summer", "bridge", "cotton", "market", "silver", "planet", "violin",
        "harbor", "letter", "engine", "forest", "candle", "shadow", "valley", "mirror", "thunder",
        "basket", "wheel", "ladder", "meadow", "anchor",
    ]

    var model: String
    var endpoint: Endpoint
    var words: Int
    /// The longest answer, in tokens.
    var answer: Int

    func body(_ random: RandomSource) throws -> [UInt8] {
        let text = (0..<max(1, words)).map { _ in
            Self.vocabulary[Int(random.next() % UInt64(Self.vocabulary.count))]
        }.joined(separator: " ")
        let body =
            switch endpoint {
            case .completions: Body(model: model, prompt: text, maximum: answer)
            case .chat:
                Body(
                    model: model, messages: [Body.Message(role: "user", content: text)],
                    maximum: answer)
            case .embeddings: Body(model: model, input: text)
            }
        return Array(try JSONEncoder().encode(body))
    }

    private struct Body: Encodable {
        struct Message: Encodable {
            var role: String
            var content: String
        }

        var model: String
        var prompt: String?
        var messages: [Message]?
        var input: String?
        var maximum: Int?

        enum CodingKeys: String, CodingKey {
            case model, prompt, messages, input
            case maximum = "max_tokens"
        }
    }

    /// What an answer says that it used.
    struct Usage: Decodable {
        struct Details: Decodable {
            var cached: Int64?

            enum CodingKeys: String, CodingKey { case cached = "cached_tokens" }
        }

        var prompt: Int64
        var completion: Int64?
        var details: Details?

        var input: Int64 { max(0, prompt - (details?.cached ?? 0)) }
        var output: Int64 { completion ?? 0 }

        enum CodingKeys: String, CodingKey {
            case prompt = "prompt_tokens"
            case completion = "completion_tokens"
            case details = "prompt_tokens_details"
        }

        static func read(_ body: [UInt8]) -> Usage? {
            struct Answer: Decodable { var usage: Usage }
            return try? JSONDecoder().decode(Answer.self, from: Data(body)).usage
        }
    }
}
