import Crypto
import Foundation
import TestKit
import Vocabulary
import Wire

/// Signs as clients of AWS do, for the key of ``GatewayStand``.
struct SigningClient {
    static let accessKey = "\(APIKeyID(high: 3, low: 1))"
    static let secret = "a secret"
    /// Of the installation, for temporary credentials.
    static let sessionSecret = "another secret"

    var accessKey = Self.accessKey
    var secret = Self.secret
    var token: String?
    var service = "bedrock"
    var at = Instant.noon

    init(
        accessKey: String = Self.accessKey, secret: String = Self.secret, token: String? = nil,
        service: String = "bedrock", at: Instant = .noon
    ) {
        self.accessKey = accessKey
        self.secret = secret
        self.token = token
        self.service = service
        self.at = at
    }

    /// With temporary credentials.
    init(_ session: SessionCredentials, service: String = "bedrock") {
        self.init(
            accessKey: session.accessKey, secret: session.secret, token: session.token,
            service: service)
    }

    /// The request's bytes, signed in the header for `body`, with what is sent in its place.
    func request(
        _ method: String, _ target: String, body: String = "", sending sent: String? = nil,
        type: String? = nil
    ) throws -> String {
        let request = SignedRequest(
            method: method, target: target,
            headers: [(name: "host", value: "g"), (name: "x-amz-date", value: date)])
        let signature = try signature(of: request, names: ["host", "x-amz-date"], body: body)
        let payload = sent ?? body
        return
            "\(method) \(target) HTTP/1.1\r\nHost: g\r\nConnection: close\r\nX-Amz-Date: \(date)\r\n"
            + (token.map { "X-Amz-Security-Token: \($0)\r\n" } ?? "")
            + (type.map { "Content-Type: \($0)\r\n" } ?? "")
            + "Authorization: AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), "
            + "SignedHeaders=host;x-amz-date, Signature=\(signature)\r\n"
            + "Content-Length: \(payload.utf8.count)\r\n\r\n\(payload)"
    }

    /// A question to the token service.
    func ask(_ form: String) throws -> String {
        try request("POST", "/", body: form, type: "application/x-www-form-urlencoded")
    }

    /// The address, signed in its query for so many seconds.
    func presigned(
        _ method: String, _ target: String, for seconds: Int, body: String = ""
    ) throws -> String {
        var members = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(accessKey)/\(scope)"),
            ("X-Amz-Date", date), ("X-Amz-Expires", "\(seconds)"),
            ("X-Amz-SignedHeaders", "host"),
        ]
        if let token { members.append(("X-Amz-Security-Token", token)) }
        let query = members.map { "\($0.0)=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
        let address = target + (target.contains("?") ? "&" : "?") + query
        let request = SignedRequest(
            method: method, target: address, headers: [(name: "host", value: "g")])
        return address + "&X-Amz-Signature="
            + (try signature(of: request, names: ["host"], body: body))
    }

    static func get(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"
    }

    private var date: String {
        let digits = "\(at)".filter(\.isNumber).prefix(14)
        return "\(digits.prefix(8))T\(digits.suffix(6))Z"
    }

    private var scope: String { "\(date.prefix(8))/us-east-1/\(service)/aws4_request" }

    private func signature(
        of request: SignedRequest, names: [String], body: String
    ) throws -> String {
        let canonical = try request.canonical(
            signing: names, payloadHash: Self.hex(SHA256.hash(data: Data(body.utf8))))
        let text = SignedRequest.toSign(
            at: date, scope: scope, hash: Self.hex(SHA256.hash(data: Data(canonical.utf8))))
        var key = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for part in [String(date.prefix(8)), "us-east-1", service, "aws4_request"] {
            key = SymmetricKey(
                data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key))
        }
        return Self.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
