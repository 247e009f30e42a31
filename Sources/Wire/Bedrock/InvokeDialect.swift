package import Vocabulary

/// InvokeModel and InvokeModelWithResponseStream of Bedrock's runtime.
package enum InvokeDialect: BedrockDialect {
    package static let endpoint = Endpoint.invokeModel

    package static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        try InvokeRequest.translate(body, at: address)
    }

    package static func answer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        let answer = try unguardedAnswer(body, to: request, usage: usage)
        guard let guarded = request.guarded,
            let end = answer.lastIndex(of: UInt8(ascii: "}"))
        else { return answer }
        return answer[..<end] + guarded.membersOfInvoke + [UInt8(ascii: "}")]
    }

    private static func unguardedAnswer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        if form(of: request) == .messages {
            return try MessagesAnswer.make(body, to: request, usage: usage)
        }
        let scan = try ResponseBodyScan.scan(body)
        var splices = scan.timingsRange.map { [Splice(range: $0, replacement: [])] } ?? []
        if let model = scan.modelRange {
            splices.append(Splice(range: model, replacement: JSONText.quoted(request.model)))
        }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
        return apply(splices, to: body)
    }

    package static func stream(for request: AnsweredRequest) -> any DialectStream {
        InvokeStream(for: request, form: form(of: request))
    }

    package static func answerHeaders(
        _ request: AnsweredRequest, usage: EngineUsage?
    ) -> [(name: String, value: String)] {
        guard let usage else {
            return served + [(name: "X-Amzn-Bedrock-Content-Type", value: "application/json")]
        }
        let counts = usage.counts(for: .chat)
        return served + [
            (name: "X-Amzn-Bedrock-Invocation-Latency", value: "\(request.milliseconds)"),
            (name: "X-Amzn-Bedrock-Input-Token-Count", value: "\(counts.input)"),
            (name: "X-Amzn-Bedrock-Output-Token-Count", value: "\(counts.generated)"),
            (name: "X-Amzn-Bedrock-Cache-Read-Input-Token-Count", value: "\(counts.cacheRead)"),
        ]
    }

    /// The options of a request's header as they were served, whatever was asked for.
    private static let served = [
        (name: "X-Amzn-Bedrock-PerformanceConfig-Latency", value: "standard"),
        (name: "X-Amzn-Bedrock-Service-Tier", value: "default"),
    ]

    private static func form(of request: AnsweredRequest) -> InvokeRequest.Form {
        request.memo.first.flatMap(InvokeRequest.Form.init) ?? .chat
    }
}
