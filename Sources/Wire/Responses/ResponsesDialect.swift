package import Vocabulary

/// OpenAI's Responses API.
package enum ResponsesDialect: Dialect {
    package static let endpoint = Endpoint.responses

    package static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        try ResponsesRequest.translate(body)
    }

    package static func keeping(
        _ body: UnsafeRawBufferPointer
    ) throws(Failure) -> ResponseKeeping? {
        try ResponseKeeping(body)
    }

    package static func answer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        try ResponsesAnswer.make(body, to: request, usage: usage)
    }

    package static func stream(for request: AnsweredRequest) -> any DialectStream {
        ResponsesStream(for: request)
    }

    package static func count(_ tokens: Int64) -> [UInt8] {
        Array("{\"object\":\"response.input_tokens\",\"input_tokens\":\(tokens)}".utf8)
    }

    package static func status(of code: Failure.Code) -> Int { OpenAIStatus.status(of: code) }

    package static func error(_ failure: Failure, requestID: String) -> [UInt8] {
        OpenAIErrorBody.make(failure, requestID: requestID)
    }

    package static let requestHeader = "x-request-id"

    package static func limitHeaders(
        _ limit: DialectLimit
    ) -> [(name: String, value: String)] {
        let kind = limit.kind.rawValue
        return [
            ("x-ratelimit-limit-\(kind)", "\(limit.limit)"),
            ("x-ratelimit-remaining-\(kind)", "\(limit.remaining)"),
            ("x-ratelimit-reset-\(kind)", GoDuration.text(limit.resetsIn)),
        ]
    }
}
