package import Vocabulary

/// Reads the body of a request in the OpenAI dialect once, from front to back: checks all of its
/// syntax, the types of every member that is known, and picks out what admission needs. Nothing is
/// copied but the model's name.
package enum OpenAIRequestScanner {
    package static let maximumModelBytes = 256
    package static let maximumChoices: Int64 = 128
    /// The largest count that engines hold in 32 bits; a larger one would wrap there.
    package static let maximumTokenCount: Int64 = 2_147_483_647
    package static let maximumStopStrings = 4
    package static let maximumTools = 128
    package static let maximumToolNameBytes = 64
    package static let maximumMessages = 16_384
    /// Texts in one embeddings request.
    package static let maximumInputs = 2048
    /// Prompts in one completions request.
    package static let maximumPrompts = 128

    /// Throws ``Failure`` with the code `invalidRequest` or `unsupported`, and the member at fault
    /// as `parameter`.
    package static func scan(
        _ body: UnsafeRawBufferPointer, operation: EngineOperation
    ) throws(Failure) -> ScannedRequest {
        guard let cursor = JSONCursor(body) else {
            throw Failure(.invalidRequest, "The body is empty. Send one JSON object in UTF-8.")
        }
        var scan = RequestScan(cursor: cursor, operation: operation)
        try scan.run()
        return scan.request
    }
}
