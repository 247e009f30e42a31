/// What a client asks AWS's security token service for, in the query protocol: parameters as a form
/// in the body, or in the query.
package enum TokenServiceAction: Hashable, Sendable {
    /// Temporary credentials that hold for so many seconds.
    case getSessionToken(seconds: Int64)
    case getCallerIdentity

    package static let maximumBody = 1 << 20
    private static let version = "2011-06-15"

    /// Whether a request line is for this service: it has one address, and the welcome page the
    /// same.
    ///
    /// `isForm` tells whether the body is a form, or the request is signed.
    package static func isAsked(method: String, uri: String, isForm: Bool) -> Bool {
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.elementsEqual("/".utf8) else { return false }
        return method == "POST" && isForm || form(Array(uri.utf8.dropFirst(2)))["Action"] != nil
    }

    /// Parameters of the body go before those of the query.
    package init(uri: String, body: UnsafeRawBufferPointer) throws(TokenServiceError) {
        let query = uri.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let parameters = Self.form(Array(query)).merging(Self.form(Array(body))) { $1 }
        guard let action = parameters["Action"], !action.isEmpty else {
            throw TokenServiceError(.missingAction, "The request has no parameter 'Action'.")
        }
        let version = parameters["Version"] ?? "NO_VERSION_SPECIFIED"
        switch action {
        case "GetCallerIdentity" where version == Self.version: self = .getCallerIdentity
        case "GetSessionToken" where version == Self.version:
            self = .getSessionToken(seconds: try Self.seconds(parameters))
        default:
            throw TokenServiceError(
                .invalidAction,
                "Could not find operation \(action.prefix(128)) for version "
                    + "\(version.prefix(64)). GetSessionToken and GetCallerIdentity are offered, "
                    + "in version \(Self.version).")
        }
    }

    private static func seconds(
        _ parameters: [String: String]
    ) throws(TokenServiceError) -> Int64 {
        if parameters["SerialNumber"] != nil || parameters["TokenCode"] != nil {
            throw TokenServiceError(
                .accessDenied,
                "MultiFactorAuthentication failed: there are no such devices here. Ask without "
                    + "SerialNumber and TokenCode.")
        }
        guard let text = parameters["DurationSeconds"] else {
            return SessionCredentials.standardDuration
        }
        guard let seconds = Int64(text) else {
            throw TokenServiceError(.malformedInput, "'DurationSeconds' must be a whole number.")
        }
        let bounds = SessionCredentials.durations
        guard bounds.contains(seconds) else {
            let word = seconds < bounds.lowerBound ? "greater" : "less"
            let bound = seconds < bounds.lowerBound ? bounds.lowerBound : bounds.upperBound
            throw TokenServiceError(
                .validationError,
                "1 validation error detected: Value '\(seconds)' at 'durationSeconds' failed to "
                    + "satisfy constraint: Member must have value \(word) than or equal to "
                    + "\(bound)")
        }
        return seconds
    }

    /// `application/x-www-form-urlencoded`; of a name that stands more than once, the last.
    private static func form(_ text: [UInt8]) -> [String: String] {
        var parameters: [String: String] = [:]
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? decoded(parts[1]) : ""
            parameters[decoded(parts[0])] = value
        }
        return parameters
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String {
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return String(
            decoding: PercentEncoding.decoded(spaced[...], lenient: true) ?? [], as: UTF8.self)
    }
}
