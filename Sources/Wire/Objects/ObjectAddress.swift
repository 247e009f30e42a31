package import Vocabulary

/// Where an object is: `s3://BUCKET/KEY`. A key without anything in it names the bucket alone.
package struct ObjectAddress: Hashable, Sendable {
    /// 3 to 63 letters in lower case, digits, dots and hyphens.
    package let bucket: String
    /// At most 1024 bytes.
    package let key: String

    package static let maximumKey = 1024

    /// - Throws: `invalidRequest` for a bucket or a key that S3 would not take either.
    package init(bucket: String, key: String = "") throws(Failure) {
        guard Self.isBucket(bucket) else {
            throw Failure(
                .invalidRequest,
                "A bucket's name has 3 to 63 letters in lower case, digits, dots and hyphens, and "
                    + "begins and ends with a letter or digit: '\(bucket)' is none.",
                parameter: "Bucket")
        }
        guard key.utf8.count <= Self.maximumKey else {
            throw Failure(
                .invalidRequest, "A key has \(Self.maximumKey) bytes at most.", parameter: "Key")
        }
        guard !key.utf8.contains(0) else {
            throw Failure(.invalidRequest, "A key has no NUL characters.", parameter: "Key")
        }
        self.bucket = bucket
        self.key = key
    }

    /// Out of `s3://BUCKET/KEY`.
    package init(uri: String, parameter: String) throws(Failure) {
        let scheme = "s3://"
        guard uri.hasPrefix(scheme) else {
            throw Failure(
                .invalidRequest, "'\(parameter)' must look like s3://BUCKET/KEY.",
                parameter: parameter)
        }
        let parts = uri.dropFirst(scheme.count)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        do throws(Failure) {
            try self.init(
                bucket: String(parts[0]), key: parts.count > 1 ? String(parts[1]) : "")
        } catch {
            throw Failure(.invalidRequest, error.message, parameter: parameter)
        }
    }

    /// `BUCKET/KEY`: the name under which the object is kept.
    package var name: String { "\(bucket)/\(key)" }

    /// The key's last part.
    package var lastPart: String {
        key.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }

    /// What an object called `name` would be called in this folder.
    package func inside(_ name: String) throws(Failure) -> ObjectAddress {
        let folder = key.isEmpty || key.hasSuffix("/") ? key : key + "/"
        return try ObjectAddress(bucket: bucket, key: folder + name)
    }

    private static func isBucket(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else {
            return false
        }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x2E }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
