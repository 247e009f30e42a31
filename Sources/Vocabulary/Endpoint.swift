/// Which API was called; decides which token classes can occur.
package enum Endpoint: String, Codable, Sendable, CaseIterable {
    case chatCompletions = "chat.completions"
    case completions = "completions"
    case embeddings = "embeddings"
    /// Anthropic's Messages: for an engine a chat.
    case messages = "messages"
    /// Bedrock's Converse and InvokeModel: likewise.
    case converse = "converse"
    case invokeModel = "invoke"
    /// OpenAI's Responses: likewise.
    case responses = "responses"
}
