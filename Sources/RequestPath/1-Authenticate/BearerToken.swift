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
        let scheme = "bearer "
        guard authorization.utf8.count > scheme.utf8.count,
            authorization.utf8.prefix(scheme.utf8.count).elementsEqual(
                scheme.utf8, by: { $0 | 0x20 == $1 | 0x20 })
        else {
            throw Failure(
                .unauthenticated,
                "The Authorization header has to be 'Bearer ' followed by your API key.")
        }
        let start = authorization.utf8.index(
            authorization.startIndex, offsetBy: scheme.utf8.count)
        return authorization[start...]
    }
}
