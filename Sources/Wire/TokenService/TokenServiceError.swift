package import Vocabulary

/// An error of AWS's security token service, by its own name, in the query protocol's form.
package struct TokenServiceError: Error, Hashable, Sendable {
    package enum Code: String, CaseIterable, Sendable {
        case accessDenied = "AccessDenied"
        case expiredToken = "ExpiredToken"
        case incompleteSignature = "IncompleteSignature"
        case internalFailure = "InternalFailure"
        case invalidAction = "InvalidAction"
        case invalidClientTokenID = "InvalidClientTokenId"
        case malformedInput = "MalformedInput"
        case missingAction = "MissingAction"
        case missingAuthenticationToken = "MissingAuthenticationToken"
        case requestTooLarge = "RequestEntityTooLarge"
        case serviceUnavailable = "ServiceUnavailable"
        case signatureDoesNotMatch = "SignatureDoesNotMatch"
        case validationError = "ValidationError"

        package var status: Int {
            switch self {
            case .incompleteSignature, .invalidAction, .malformedInput, .missingAction,
                .validationError:
                400
            case .accessDenied, .expiredToken, .invalidClientTokenID,
                .missingAuthenticationToken, .signatureDoesNotMatch:
                403
            case .requestTooLarge: 413
            case .internalFailure: 500
            case .serviceUnavailable: 503
            }
        }
    }

    package var code: Code
    /// For a person; repeats nothing that is secret.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What went wrong before the service itself was asked.
    package init(_ failure: Failure) {
        message = failure.message
        code =
            switch failure.code {
            case .tooLarge: .requestTooLarge
            case .internalError, .engineFailed: .internalFailure
            case .overloaded, .shuttingDown, .unavailable, .unsupported: .serviceUnavailable
            case .unauthenticated: .missingAuthenticationToken
            case .forbidden: .accessDenied
            default: .validationError
            }
    }

    package init(_ fault: SignatureFault) {
        message = fault.failure.message
        code =
            switch fault {
            case .incomplete: .incompleteSignature
            case .unknownKey: .invalidClientTokenID
            case .expiredToken: .expiredToken
            case .clockSkew, .ended, .mismatch: .signatureDoesNotMatch
            }
    }

    package func body(requestID: String) -> [UInt8] {
        var xml = XMLText()
        xml.element("ErrorResponse", namespace: TokenServiceAnswer.namespace) { xml in
            xml.element("Error") { xml in
                xml.leaf("Type", code.status < 500 ? "Sender" : "Receiver")
                xml.leaf("Code", code.rawValue)
                xml.leaf("Message", message)
            }
            xml.leaf("RequestId", requestID)
        }
        return xml.document
    }
}
