package import Vocabulary

/// Converse, ConverseStream and CountTokens of Bedrock's runtime.
package enum ConverseDialect: BedrockDialect {
    package static let endpoint = Endpoint.converse

    package static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        try ConverseRequest.translate(body, at: address)
    }

    package static func answer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        try ConverseAnswer.make(body, to: request, usage: usage)
    }

    package static func stream(for request: AnsweredRequest) -> any DialectStream {
        ConverseStream(for: request)
    }
}
