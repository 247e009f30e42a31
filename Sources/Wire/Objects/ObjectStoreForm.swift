package import Vocabulary

/// How clients of S3 are told of errors: an XML document with one of S3's codes.
package enum ObjectStoreForm: ErrorForm {
    package static let requestHeader = "x-amz-request-id"
    package static let errorContentType = "application/xml"

    package static func status(of code: Failure.Code) -> Int { S3Error(code).status }

    package static func error(_ failure: Failure, requestID: String) -> [UInt8] {
        error(failure, exception: nil, requestID: requestID)
    }

    package static func error(
        _ failure: Failure, exception: String?, requestID: String
    ) -> [UInt8] {
        let name =
            exception.map { names[$0] ?? $0 } ?? S3Error.named(failure)
            ?? S3Error(failure.code).rawValue
        var xml = XMLText()
        xml.element("Error") { xml in
            xml.leaf("Code", name)
            xml.leaf("Message", OpenAIErrorBody.message(of: failure, requestID: requestID))
            if let parameter = failure.parameter { xml.leaf("Resource", parameter) }
            xml.leaf("RequestId", requestID)
        }
        return xml.document
    }

    /// S3's names for what is wrong with a signature.
    private static let names = [
        "IncompleteSignatureException": "AuthorizationHeaderMalformed",
        "UnrecognizedClientException": "InvalidAccessKeyId",
        "InvalidSignatureException": "SignatureDoesNotMatch",
        "ExpiredTokenException": "ExpiredToken",
    ]
}

/// The codes of S3 that we have use for.
private enum S3Error: String {
    case accessDenied = "AccessDenied"
    case entityTooLarge = "EntityTooLarge"
    case internalError = "InternalError"
    case invalidRequest = "InvalidRequest"
    case methodNotAllowed = "MethodNotAllowed"
    case noSuchKey = "NoSuchKey"
    case notImplemented = "NotImplemented"
    case operationAborted = "OperationAborted"
    case requestTimeout = "RequestTimeout"
    case serviceUnavailable = "ServiceUnavailable"
    case slowDown = "SlowDown"

    /// Where S3 has a code of its own for what is wrong with a parameter.
    static func named(_ failure: Failure) -> String? {
        switch (failure.code, failure.parameter) {
        case (.notFound, "uploadId"): "NoSuchUpload"
        case (.invalidRequest, "PartNumber"): "InvalidPart"
        case (.conflict, "Bucket"): "BucketNotEmpty"
        default: nil
        }
    }

    init(_ code: Failure.Code) {
        self =
            switch code {
            case .invalidRequest, .contextLengthExceeded: .invalidRequest
            case .unsupported: .notImplemented
            case .tooLarge: .entityTooLarge
            case .unauthenticated, .forbidden, .insufficientQuota: .accessDenied
            case .notFound, .modelNotFound: .noSuchKey
            case .methodNotAllowed: .methodNotAllowed
            case .conflict: .operationAborted
            case .timeout: .requestTimeout
            case .rateLimited, .overloaded: .slowDown
            case .modelWarming, .shuttingDown, .unavailable: .serviceUnavailable
            case .engineFailed, .internalError: .internalError
            }
    }

    var status: Int {
        switch self {
        case .entityTooLarge, .invalidRequest, .requestTimeout: 400
        case .accessDenied: 403
        case .noSuchKey: 404
        case .methodNotAllowed: 405
        case .operationAborted: 409
        case .internalError: 500
        case .notImplemented: 501
        case .serviceUnavailable, .slowDown: 503
        }
    }
}
