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
            snapshot: { $0.keys[0].signingSecret = SigningClient.secret },
        ) { stand in try await body(stand, port) }
        await port?.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A request as clients of AWS sign it, at the stand's noon.
    private static func signed(
        _ method: String, _ target: String, body: String = "", sending sent: String? = nil,
        key: String = SigningClient.accessKey, secret: String = SigningClient.secret
    ) throws -> String {
        try SigningClient(accessKey: key, secret: secret).request(
            method, target, body: body, sending: sent)
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
                #expect(sent.contains("x-spillway-key: \(SigningClient.accessKey)\r\n"))
                #expect(sent.count { $0 == "b" } >= size)
                #expect(!sent.contains("AWS4"))
            }
        }
    }

    @Test func `an address that was signed in its query passes without its signature`()
        async throws
    {
        try await Self.run { stand, port in
            let client = SigningClient(at: .noon + .seconds(-3000))
            let target = try client.presigned("GET", Self.list, for: 3600)
            #expect(try await exchange(SigningClient.get(target), stand).hasPrefix("HTTP/1.1 200"))
            let sent = try #require(port?.requests.last)
            #expect(sent.hasPrefix("GET \(Self.list) HTTP/1.1\r\n"))
            #expect(sent.contains("x-spillway-key: \(SigningClient.accessKey)\r\n"))
            #expect(!sent.contains("X-Amz-"))
            for wrong in [
                target + "&more=1", target.replacing("TEXT", with: "IMAGE"),
                try client.presigned("GET", Self.list, for: 2999),
                try client.presigned("DELETE", Self.list, for: 3600),
                try client.presigned("GET", Self.list, for: 604_801),
                try client.presigned("GET", Self.list, for: 3600, body: "body"),
            ] {
                let answer = try await exchange(SigningClient.get(wrong), stand)
                #expect(answer.hasPrefix("HTTP/1.1 403"), "\(wrong)")
                #expect(!answer.contains("X-Amz-Signature="))
            }
            #expect(port?.requests.count == 1)
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
