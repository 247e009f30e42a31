import Crypto
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// What was asked, as the client sent it.
struct AskedRequest {
    let project: ProjectID
    let endpoint: Endpoint
    let address: DialectAddress
    let body: ByteBuffer

    /// Tells it from every other request.
    var digest: RequestDigest? {
        var hasher = SHA256()
        var head = "\(endpoint.rawValue) \(address.streams.map { "\($0)" } ?? "-") "
        head += address.model ?? ""
        if let guardrail = address.guardrail {
            head += " \(guardrail.identifier) \(guardrail.version) \(guardrail.traces)"
        }
        head += "\n"
        head.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        body.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().withUnsafeBytes(RequestDigest.init(bytes:))
    }

    var fingerprint: RetryName? {
        digest.map { RetryName(project: project, source: .fingerprint($0)) }
    }
}
