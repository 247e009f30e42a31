package import Vocabulary

/// Errors in the shape that OpenAI's libraries read.
package enum OpenAIErrorBody {
    /// What was not the caller's fault names the request, so that it can be found again.
    static func message(of failure: Failure, requestID: String) -> String {
        failure.message + (failure.fault == .caller ? "" : " Request \(requestID).")
    }

    /// `{"error":{"message","type","param","code"}}`.
    package static func make(_ failure: Failure, requestID: String) -> [UInt8] {
        // A rate limit's parameter is its type already, and no member of the request.
        let parameter = failure.code == .rateLimited ? nil : failure.parameter
        var body = Array("{\"error\":{\"message\":".utf8)
        JSONText.append(message(of: failure, requestID: requestID), to: &body)
        body += Array(",\"type\":\"\(OpenAIStatus.type(of: failure))\",\"param\":".utf8)
        body += JSONText.quoted(orNull: parameter)
        body += Array(",\"code\":\"\(failure.code.rawValue)\"}}".utf8)
        return body
    }

    /// The same as an event, for a stream that has begun. The connection is closed behind it: a
    /// library takes a stream that just ends for a complete answer.
    package static func event(_ failure: Failure, requestID: String) -> [UInt8] {
        Array("data: ".utf8) + make(failure, requestID: requestID) + Array("\n\n".utf8)
    }

    /// What to answer when no model of this name can be called.
    package static func unknownModel(_ model: String) -> Failure {
        Failure(
            .modelNotFound,
            "The model `\(model)` does not exist or this key may not use it. "
                + "GET /v1/models lists the models that it may use.",
            parameter: "model")
    }
}
