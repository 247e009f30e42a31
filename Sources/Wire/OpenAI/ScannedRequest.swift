/// What one request body says, as far as it matters for admission, routing and rewriting. Ranges
/// count bytes of the body that was scanned.
package struct ScannedRequest: Hashable, Sendable {
    package var operation: EngineOperation
    /// Not empty, at most ``OpenAIRequestScanner/maximumModelBytes`` bytes.
    package var model = ""
    /// The value of `model`, quotes included.
    package var modelRange = 0..<0
    package var streaming = false
    /// The value of `stream`, if it is there.
    package var streamRange: Range<Int>?
    /// The client asked for a usage chunk at the end of its stream.
    package var includeUsage = false
    /// `stream_options.include_obfuscation`, if the client set it.
    package var includeObfuscation: Bool?
    /// The value of `stream_options`: an object or `null`.
    package var streamOptionsRange: Range<Int>?
    /// `max_completion_tokens` or `max_tokens`; nil if neither is given or both are null.
    package var maximumTokens: Int64?
    /// The value of the field that gave `maximumTokens`, or of one that is null.
    package var maximumTokensRange: Range<Int>?
    /// The value of the other one of the two fields, if both are there.
    package var otherMaximumTokensRange: Range<Int>?
    /// Answers that the engine generates: `n`, or `best_of` where that is more.
    package var choices: Int64 = 1
    /// `n`: the choices of each prompt in the answer. A choice's prompt is its index divided by
    /// this.
    package var choicesPerPrompt: Int64 = 1
    package var imageParts = 0
    /// Those of the image parts whose picture the engine would have to fetch by HTTP.
    package var remoteImageParts = 0
    package var usesTools = false
    /// Texts to embed, or prompts to complete; 1 for chat.
    package var inputs = 1
    /// An upper bound of the prompt's tokens, template and pictures not counted: bytes, or tokens
    /// where the client sent tokens.
    package var promptBytes = 0
    /// Where the prompt begins: the value of `messages`, `prompt` or `input`.
    package var promptOffset = 0
    /// Just behind the opening brace, where members can be inserted.
    package var membersOffset = 0
    /// The value of `user`, quotes included.
    package var userRange: Range<Int>?
}
