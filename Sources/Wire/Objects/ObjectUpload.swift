package import Vocabulary

/// The bytes of an object out of the body of a request.
///
/// Over TLS, AWS's libraries send `aws-chunked` bodies (`HEX;…CRLF BYTES CRLF … 0 CRLF`, then
/// trailers with a checksum), as S3's documentation describes for
/// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
package enum ObjectUpload {
    package static let chunkedPayload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

    /// - Parameters:
    ///   - digest: `x-amz-content-sha256`.
    ///   - checksum: `x-amz-checksum-crc32`, in Base64; nil: none was told in the header.
    /// - Throws: `invalidRequest` if the body is broken, or is not what its checksum says.
    package static func content(
        of body: [UInt8], digest: String?, checksum: String?
    ) throws(Failure) -> [UInt8] {
        var content = body
        var checksum = checksum
        if digest == chunkedPayload {
            let (bytes, trailers) = try unchunked(body)
            content = bytes
            checksum = trailers["x-amz-checksum-crc32"] ?? checksum
        }
        if let checksum, checksum != self.checksum(of: content) {
            throw Failure(
                .invalidRequest, "The CRC32 that you specified did not match what was received.",
                parameter: "x-amz-checksum-crc32")
        }
        return content
    }

    /// CRC-32 as S3 writes it: four bytes, the highest first, in Base64.
    package static func checksum(of bytes: [UInt8]) -> String {
        let value = bytes.withUnsafeBytes { CyclicChecksum.crc32($0) }
        var text: [UInt8] = []
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
            .withUnsafeBytes { Base64.append($0, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private static let maximumTrailers = 16

    private static func unchunked(
        _ body: [UInt8]
    ) throws(Failure) -> (bytes: [UInt8], trailers: [String: String]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count)
        var rest = body[...]
        while true {
            let size = try line(&rest).split(separator: ";").first.flatMap {
                Int($0, radix: 16)
            }
            guard let size, size >= 0, size <= rest.count else { throw broken }
            if size == 0 { break }
            bytes += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard try line(&rest).isEmpty else { throw broken }
        }
        var trailers: [String: String] = [:]
        while !rest.isEmpty {
            guard trailers.count < maximumTrailers else { throw broken }
            let parts = try line(&rest).split(separator: ":", maxSplits: 1)
            if parts.count == 2 {
                trailers[parts[0].lowercased()] = String(parts[1].trimmedOfBlanks)
            }
        }
        return (bytes, trailers)
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) throws(Failure) -> String {
        guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D
        else { throw broken }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<(end - 1)], as: UTF8.self)
    }

    private static let broken = Failure(
        .invalidRequest, "The body is no whole 'aws-chunked' encoding of an object.")
}
