package import Vocabulary

/// Anthropic's Messages API.
package enum MessagesDialect: Dialect {
    package static let endpoint = Endpoint.messages

    package static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        try MessagesRequest.translate(body, for: address.purpose)
    }

    package static func answer(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        try MessagesAnswer.make(body, to: request, usage: usage)
    }

    package static func stream(for request: AnsweredRequest) -> any DialectStream {
        MessagesStream(for: request)
    }

    package static func count(_ tokens: Int64) -> [UInt8] {
        Array("{\"input_tokens\":\(tokens)}".utf8)
    }

    // MARK: Models

    package static func models(_ cards: [OpenAIModelCard]) -> [UInt8] {
        var bytes = Array("{\"data\":[".utf8)
        for (index, card) in cards.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += model(card)
        }
        bytes += Array("],\"has_more\":false,\"first_id\":".utf8)
        bytes += JSONText.quoted(orNull: cards.first?.name)
        bytes += Array(",\"last_id\":".utf8)
        bytes += JSONText.quoted(orNull: cards.last?.name)
        return bytes + Array("}".utf8)
    }

    package static func model(_ card: OpenAIModelCard) -> [UInt8] {
        let name = JSONText.quoted(card.name)
        return Array("{\"type\":\"model\",\"id\":".utf8) + name
            + Array(",\"display_name\":".utf8) + name
            + Array(
                (",\"created_at\":\"\(card.createdAt)\",\"lifecycle\":\"active\","
                    + "\"max_input_tokens\":\(card.contextLength)}").utf8)
    }

    // MARK: Errors

    package static func status(of code: Failure.Code) -> Int {
        switch code {
        case .invalidRequest, .contextLengthExceeded, .unsupported: 400
        case .unauthenticated: 401
        case .insufficientQuota: 402
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .tooLarge: 413
        case .rateLimited: 429
        case .internalError, .engineFailed, .unavailable: 500
        case .timeout: 504
        case .modelWarming, .overloaded, .shuttingDown: 529
        }
    }

    package static func type(of code: Failure.Code) -> String {
        switch code {
        case .invalidRequest, .contextLengthExceeded, .unsupported, .methodNotAllowed:
            "invalid_request_error"
        case .unauthenticated: "authentication_error"
        case .insufficientQuota: "billing_error"
        case .forbidden: "permission_error"
        case .notFound, .modelNotFound: "not_found_error"
        case .conflict: "conflict_error"
        case .tooLarge: "request_too_large"
        case .rateLimited: "rate_limit_error"
        case .internalError, .engineFailed, .unavailable: "api_error"
        case .timeout: "timeout_error"
        case .modelWarming, .overloaded, .shuttingDown: "overloaded_error"
        }
    }

    package static func error(_ failure: Failure, requestID: String) -> [UInt8] {
        var bytes = Array(
            "{\"type\":\"error\",\"error\":{\"type\":\"\(type(of: failure.code))\",\"message\":"
                .utf8
        )
        JSONText.append(failure.message, to: &bytes)
        bytes += Array("},\"request_id\":".utf8)
        JSONText.append(requestID, to: &bytes)
        return bytes + Array("}".utf8)
    }

    // MARK: Headers

    package static let requestHeader = "request-id"

    /// We have one limit on tokens, over what goes in and what comes out. All that is left of it
    /// may be taken by either: so what Anthropic tells of the one, of the other and of both is the
    /// same figure.
    package static func limitHeaders(
        _ limit: DialectLimit
    ) -> [(name: String, value: String)] {
        let kinds =
            switch limit.kind {
            case .requests: ["requests"]
            case .tokens: ["tokens", "input-tokens", "output-tokens"]
            }
        return kinds.flatMap { kind in
            let prefix = "anthropic-ratelimit-\(kind)-"
            return [
                (name: prefix + "limit", value: "\(limit.limit)"),
                (name: prefix + "remaining", value: "\(limit.remaining)"),
                (name: prefix + "reset", value: "\(limit.resetsAt)"),
            ]
        }
    }
}
