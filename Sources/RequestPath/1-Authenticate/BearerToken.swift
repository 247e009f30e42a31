package import Vocabulary

/// Finds the key in a request's `Authorization` header.
package enum BearerToken {
    /// The secret as the client sent it. Fails with `unauthenticated` when the header is missing or
    /// is no bearer token; the message never repeats what was sent.
    package static func find(in authorization: String?) throws(Failure) -> Substring {
        guard let authorization else {
            throw Failure(
                .unauthenticated,
                "No API key was sent. Send it as a header: 'Authorization: Bearer YOUR_KEY'.")
        }
        var text = authorization
        guard text.withUTF8(hasScheme) else {
            throw Failure(
                .unauthenticated,
                "The Authorization header has to be 'Bearer ' followed by your API key.")
        }
        return authorization[
            authorization.utf8.index(
                authorization.startIndex, offsetBy: scheme.utf8CodeUnitCount)...]
    }

    private static let scheme: StaticString = "bearer "

    private static func hasScheme(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        scheme.withUTF8Buffer { scheme in
            text.count > scheme.count
                && scheme.indices.allSatisfy { text[$0] | 0x20 == scheme[$0] | 0x20 }
        }
    }
}
