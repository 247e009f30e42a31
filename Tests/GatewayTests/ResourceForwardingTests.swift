import Crypto
import Foundation
import Link
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// Operations on what customers keep with us: passed to control, checked before where they are
/// signed, refused in the vendor's dialect.
@Suite(.timeLimit(.minutes(1)))
struct ResourceForwardingTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
    private static let signingSecret = "a secret"
    private static let accessKey = "\(APIKeyID(high: 3, low: 1))"
    private static let list = "/foundation-models?byOutputModality=TEXT"

    private static func run(
        starts: Bool = true, _ body: (GatewayStand, FakeCustomerPort?) async throws -> Void
    ) async throws {
        let path = "/tmp/sw-\(UInt32.random(in: 0 ... .max)).sock"
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        let port =
            starts
            ? try await FakeCustomerPort.start(at: path) { received in
                guard received.contains("\r\n\r\n") else { return nil }
                let isChunked = received.contains("transfer-encoding: chunked")
                return isChunked && !received.hasSuffix("0\r\n\r\n") ? nil : [answer]
            } : nil
        try await GatewayStand.run(
            answer: plain, limits: { $0.customersSocket = path },
            snapshot: { $0.keys[0].signingSecret = signingSecret },
        ) { stand in try await body(stand, port) }
        await port?.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A request as clients of AWS sign it, at the stand's noon.
    private static func signed(
        _ method: String, _ target: String, body: String = "", sending sent: String? = nil,
        key: String = accessKey, secret: String = signingSecret
    ) throws -> String {
        let digits = "\(Instant.noon)".filter(\.isNumber).prefix(14)
        let (day, time) = (String(digits.prefix(8)), String(digits.suffix(6)))
        let date = "\(day)T\(time)Z"
        let request = SignedRequest(
            method: method, target: target,
            headers: [(name: "host", value: "g"), (name: "x-amz-date", value: date)])
        let scope = "\(day)/us-east-1/bedrock/aws4_request"
        let canonical = try request.canonical(
            signing: ["host", "x-amz-date"], payloadHash: hex(SHA256.hash(data: Data(body.utf8))),
            path: .normalized)
        let text = SignedRequest.toSign(
            at: date, scope: scope, hash: hex(SHA256.hash(data: Data(canonical.utf8))))
        var signingKey = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for part in [day, "us-east-1", "bedrock", "aws4_request"] {
            signingKey = SymmetricKey(
                data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: signingKey))
        }
        let signature = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: signingKey)
        let payload = sent ?? body
        return
            "\(method) \(target) HTTP/1.1\r\nHost: g\r\nConnection: close\r\nX-Amz-Date: \(date)\r\n"
            + "Authorization: AWS4-HMAC-SHA256 Credential=\(key)/\(scope), "
            + "SignedHeaders=host;x-amz-date, Signature=\(hex(signature))\r\n"
            + "Content-Length: \(payload.utf8.count)\r\n\r\n\(payload)"
    }

    private func exchange(_ request: String, _ stand: GatewayStand) async throws -> String {
        try await RawClient.exchange(request, port: stand.server.port)
    }

    @Test func `a request with a key passes with who it is from`() async throws {
        try await Self.run { stand, port in
            let answer = try await exchange(
                GatewayStand.get(Self.list, closes: true), stand)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n{}"))
            let sent = try #require(port?.requests.first)
            #expect(sent.hasPrefix("GET \(Self.list) HTTP/1.1\r\n"))
            #expect(sent.contains("x-spillway-project: \(ProjectID(high: 2, low: 1))\r\n"))
            #expect(!sent.lowercased().contains("bearer"))
        }
    }

    @Test func `a signed request passes once its body has been checked`() async throws {
        try await Self.run { stand, port in
            let body = String(repeating: "b", count: 300_000)
            for (request, size) in [
                (try Self.signed("GET", Self.list), 0),
                (try Self.signed("GET", "/foundation-models", body: body), body.utf8.count),
            ] {
                #expect(try await exchange(request, stand).hasPrefix("HTTP/1.1 200"))
                let sent = try #require(port?.requests.last)
                #expect(sent.contains("x-spillway-key: \(Self.accessKey)\r\n"))
                #expect(sent.count { $0 == "b" } >= size)
                #expect(!sent.contains("AWS4"))
            }
        }
    }

    @Test func `what is signed wrongly never reaches control`() async throws {
        try await Self.run { stand, port in
            for (request, name) in [
                (
                    try Self.signed("GET", Self.list, secret: "another"),
                    "InvalidSignatureException"
                ),
                (
                    try Self.signed("GET", Self.list, body: "aa", sending: "ab"),
                    "InvalidSignatureException"
                ),
                (
                    try Self.signed("GET", Self.list, key: "AKIDEXAMPLE"),
                    "UnrecognizedClientException"
                ),
                (
                    GatewayStand.get(Self.list, closes: true).replacing(
                        GatewayStand.secret, with: "sk-other"), "AccessDeniedException"
                ),
            ] {
                let answer = try await exchange(request, stand)
                #expect(answer.hasPrefix("HTTP/1.1 403"))
                #expect(answer.contains("\r\nx-amzn-errortype: \(name)\r\n"))
            }
            #expect(port?.requests.isEmpty == true)
        }
    }

    @Test func `what Bedrock has and we have not is an unknown operation`() async throws {
        try await Self.run { stand, port in
            for request in [
                GatewayStand.get("/custom-models", closes: true),
                GatewayStand.get("/foundation-models", method: "DELETE", closes: true),
                try Self.signed("GET", "/something-new"),
                try Self.signed("POST", "/model/m/dream", body: "{}"),
            ] {
                let answer = try await exchange(request, stand)
                #expect(answer.hasPrefix("HTTP/1.1 404"))
                #expect(answer.contains("\r\nx-amzn-errortype: UnknownOperationException\r\n"))
            }
            #expect(port?.requests.isEmpty == true)
            // Others keep their own form.
            let other = try await exchange(GatewayStand.get("/something-new", closes: true), stand)
            #expect(other.hasPrefix("HTTP/1.1 404") && !other.contains("x-amzn-errortype"))
        }
    }

    @Test func `control away and a body too large are exceptions too`() async throws {
        try await Self.run(starts: false) { stand, _ in
            for request in [
                GatewayStand.get(Self.list, closes: true), try Self.signed("GET", Self.list),
            ] {
                let answer = try await exchange(request, stand)
                #expect(answer.hasPrefix("HTTP/1.1 503"))
                #expect(answer.contains("\r\nx-amzn-errortype: ServiceUnavailableException\r\n"))
            }
            let large =
                GatewayStand.get(Self.list, closes: true).dropLast()
                + "Content-Length: \(ResourceOperation.listFoundationModels.maximumBody + 1)\r\n\r\n"
            let answer = try await exchange(String(large), stand)
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("\r\nx-amzn-errortype: ValidationException\r\n"))
        }
    }
}
