/// Where S3's operations are on the public port: under `/s3`, and at the root for requests that are
/// signed for that service, so that one address is enough for all of AWS's services.
package enum ObjectPath {
    package static let prefix = "/s3"
    /// In the scope of a signature.
    package static let service = "s3"

    /// Whether a request line, or the scope of its signature, means an object.
    package static func isMeant(uri: String, authorization: String?) -> Bool {
        if stands(in: uri) { return true }
        if let authorization, SignatureClaim.isClaim(authorization) {
            return (try? SignatureClaim(authorization: authorization))?.service == service
        }
        return SignatureClaim.isPresigned(uri)
            && (try? SignatureClaim(presigned: uri))?.service == service
    }

    /// The request line under ``prefix``. No bucket can be called so: names have three letters.
    package static func whole(_ uri: String) -> String { stands(in: uri) ? uri : prefix + uri }

    private static func stands(in uri: String) -> Bool {
        guard uri.utf8.starts(with: prefix.utf8) else { return false }
        let next = uri.utf8.dropFirst(prefix.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }
}
