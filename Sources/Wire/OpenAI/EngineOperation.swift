package import Vocabulary

/// What an engine is asked for. Every dialect's chat is one of `chat`: only its usage tells which
/// it was.
package enum EngineOperation: String, Hashable, Sendable, CaseIterable {
    case chat = "chat.completions"
    case completion = "completions"
    case embedding = "embeddings"

    /// Under which usage is recorded of who asks in the core's own dialect.
    package var endpoint: Endpoint {
        switch self {
        case .chat: .chatCompletions
        case .completion: .completions
        case .embedding: .embeddings
        }
    }
}
