import Vocabulary

/// Signatures in the query: addresses that are signed once, and hold for a while.
extension SignatureClaim {
    /// How long such an address may hold, in seconds; AWS's own bounds.
    package static let presignedSeconds: ClosedRange<Int64> = 1...604_800

    /// The members that a signature has in a query.
    private enum Member: String, CaseIterable {
        case algorithm = "X-Amz-Algorithm"
        case credential = "X-Amz-Credential"
        case date = "X-Amz-Date"
        case expires = "X-Amz-Expires"
        case signedHeaders = "X-Amz-SignedHeaders"
        case signature = "X-Amz-Signature"
        case securityToken = "X-Amz-Security-Token"
    }

    /// The one that is not signed.
    static let signatureMember = Member.signature.rawValue

    /// Whether an address claims to be signed.
    package static func isPresigned(_ uri: String) -> Bool {
        guard let query = query(of: uri) else { return false }
        return query.split(separator: UInt8(ascii: "&")).contains {
            $0.starts(with: "\(Member.algorithm.rawValue)=".utf8)
        }
    }

    /// The address without its signature, to be handed on: no secret of the client's, and nothing
    /// that an operation does not know.
    package static func unsigned(_ uri: String) -> String {
        guard let query = query(of: uri) else { return uri }
        let rest = query.split(separator: UInt8(ascii: "&")).filter { pair in
            let name = String(decoding: pair.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            return Member(rawValue: name) == nil
        }
        let path = String(decoding: uri.utf8.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
        let text = String(decoding: Array(rest.joined(separator: "&".utf8)), as: UTF8.self)
        return text.isEmpty ? path : path + "?" + text
    }

    /// The claim of an address that ``isPresigned(_:)``.
    package init(presigned uri: String) throws(SignatureFault) {
        var members: [Member: String] = [:]
        for pair in Self.query(of: uri)?.split(separator: UInt8(ascii: "&")) ?? [] {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let member = Member(rawValue: String(decoding: parts[0], as: UTF8.self)) else {
                continue
            }
            let value = parts.count > 1 ? PercentEncoding.decoded(parts[1]) : []
            guard let value, members[member] == nil else {
                throw .incomplete("'\(member.rawValue)' must stand in the query once")
            }
            members[member] = String(decoding: value, as: UTF8.self)
        }
        func member(_ name: Member) throws(SignatureFault) -> Substring {
            guard let value = members[name] else {
                throw .incomplete("'\(name.rawValue)' is missing in the query")
            }
            return value[...]
        }
        guard try member(.algorithm) == Self.algorithm else {
            throw .incomplete("the algorithm must be \(Self.algorithm)")
        }
        let bounds = Self.presignedSeconds
        guard let seconds = Int64(try member(.expires)), bounds.contains(seconds) else {
            throw .incomplete(
                "'\(Member.expires.rawValue)' must be a number of seconds from "
                    + "\(bounds.lowerBound) to \(bounds.upperBound)")
        }
        try self.init(
            try member(.credential), try member(.signedHeaders), try member(.signature),
            presigned: Presigned(
                stamp: SignatureStamp(String(try member(.date))), seconds: seconds,
                sessionToken: members[.securityToken]))
    }

    private static func query(of uri: String) -> ArraySlice<UInt8>? {
        guard uri.utf8.contains(UInt8(ascii: "?")) else { return nil }
        return Array(uri.utf8).drop { $0 != UInt8(ascii: "?") }.dropFirst()
    }
}
