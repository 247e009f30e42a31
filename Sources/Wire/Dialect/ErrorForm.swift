package import Vocabulary

/// How a vendor's clients are told that a request failed, and what a request is called.
package protocol ErrorForm: Sendable {
    static func status(of code: Failure.Code) -> Int
    static func error(_ failure: Failure, requestID: String) -> [UInt8]
    /// With the name that AWS has for the failure, where one is known that the form lacks.
    static func error(_ failure: Failure, exception: String?, requestID: String) -> [UInt8]
    static var errorContentType: String { get }
    /// What else stands in the header of an error.
    static func errorHeaders(_ failure: Failure) -> [(name: String, value: String)]
    /// The header that names the request.
    static var requestHeader: String { get }
}

extension ErrorForm {
    package static func error(
        _ failure: Failure, exception: String?, requestID: String
    ) -> [UInt8] { error(failure, requestID: requestID) }
    package static var errorContentType: String { "application/json" }
    package static func errorHeaders(_ failure: Failure) -> [(name: String, value: String)] { [] }
}
