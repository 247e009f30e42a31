import Foundation
import Link
import Testing
import Vocabulary

@testable import Gateway

/// Customers' requests to our own API: passed to control's private socket, and back.
@Suite(.timeLimit(.minutes(10)))
struct ForwardingTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    private static func run(
        closes: Bool = true, ends: Bool = false, starts: Bool = true,
        limits: @escaping (inout GatewayLimits) -> Void = { _ in },
        answer: @escaping FakeCustomerPort.Answer,
        _ body: (GatewayStand, FakeCustomerPort?) async throws -> Void
    ) async throws {
        let path = "/tmp/sw-\(UInt32.random(in: 0 ... .max)).sock"
        let port =
            starts
            ? try await FakeCustomerPort.start(at: path, closes: closes, ends: ends, answer: answer)
            : nil
        try await GatewayStand.run(
            answer: plain,
            limits: { values in
                values.customersSocket = path
                limits(&values)
            }
        ) { stand in try await body(stand, port) }
        await port?.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func json(_ body: String, status: String = "200 OK") -> [String] {
        [
            "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\n"
                + "content-length: \(body.utf8.count)\r\nx-next-offset: 5\r\n\r\n\(body)"
        ]
    }

    private static func whole(_ received: String) -> Bool { received.contains("\r\n\r\n") }

    private func exchange(_ request: String, _ stand: GatewayStand) async throws -> String {
        try await RawClient.exchange(request, port: stand.server.port)
    }

    @Test func `a request passes with who it is from, whatever the client says`() async throws {
        try await Self.run(answer: { Self.whole($0) ? Self.json("[]") : nil }) { stand, port in
            let answer = try await exchange(
                "GET /v1/jobs?limit=5 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
                    + "Authorization: Bearer \(GatewayStand.secret)\r\nCookie: a\r\n"
                    + "X-Spillway-Project: prj_00000000000000000000000000\r\n"
                    + "Idempotency-Key: k1\r\n\r\n", stand)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("x-next-offset: 5\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n[]"))
            let sent = try #require(port?.requests.first)
            #expect(sent.hasPrefix("GET /v1/jobs?limit=5 HTTP/1.1\r\n"))
            let project = ProjectID(high: 2, low: 1)
            #expect(sent.contains("x-spillway-project: \(project)\r\n"))
            #expect(sent.contains("x-spillway-organization: \(OrganizationID(high: 1, low: 1))"))
            #expect(sent.contains("idempotency-key: k1\r\n"))
            let lower = sent.lowercased()
            #expect(!lower.contains("bearer") && !lower.contains("cookie"))
            #expect(lower.split(separator: "x-spillway-project").count == 2)
        }
    }

    @Test func `a kept connection takes model requests and ours in turn`() async throws {
        try await Self.run(answer: { Self.whole($0) ? Self.json("[1]") : nil }) { stand, _ in
            let client = try await stand.client()
            try await client.send(
                GatewayStand.get("/v1/pools") + GatewayStand.chatRequest(streaming: false)
                    + GatewayStand.get("/v1/terms") + GatewayStand.get("/health", closes: true))
            try await eventually("the gateway closes") { client.isClosed }
            var rest = client.received[...]
            for mark in ["[1]", #""content":"ho""#, "[1]", #""status":"ok""#] {
                let found = try #require(rest.firstRange(of: mark), "\(mark)")
                rest = rest[found.upperBound...]
            }
        }
    }

    @Test func `a foreign key, no key and an unknown path never reach control`() async throws {
        try await Self.run(answer: { Self.whole($0) ? Self.json("[]") : nil }) { stand, port in
            let foreign = GatewayStand.get("/v1/jobs", closes: true).replacing(
                GatewayStand.secret, with: "sk-other")
            let refused = try await exchange(foreign, stand)
            #expect(refused.hasPrefix("HTTP/1.1 401"))
            #expect(refused.contains(#"{"error":{"code":"invalid_api_key""#))
            for path in ["/v1/inventory", "/v1/nodes", "/api/v1/customers", "/v1/jobs/a/b/c"] {
                let answer = try await exchange(GatewayStand.get(path, closes: true), stand)
                #expect(answer.hasPrefix("HTTP/1.1 404"), "\(path)")
            }
            let wrong = try await exchange(
                GatewayStand.get("/v1/jobs", method: "DELETE", closes: true), stand)
            #expect(wrong.hasPrefix("HTTP/1.1 405"))
            #expect(port?.requests.isEmpty == true)
            let open = try await exchange(
                "GET /openapi.json HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n", stand)
            #expect(open.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a body passes in pieces, and one that is too large is refused`() async throws {
        let answer: FakeCustomerPort.Answer = { $0.hasSuffix("0\r\n\r\n") ? Self.json("{}") : nil }
        try await Self.run(answer: answer) { stand, port in
            let body = String(repeating: "x", count: 100_000)
            let head =
                "POST /v1/jobs HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
                + "Authorization: Bearer \(GatewayStand.secret)\r\n"
            let taken = try await exchange(
                head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body, stand)
            #expect(taken.hasPrefix("HTTP/1.1 200"))
            let sent = try #require(port?.requests.first)
            #expect(sent.count { $0 == "x" } >= 100_000)
            for length in [65 << 20, Int.max] {
                let large = try await exchange(head + "Content-Length: \(length)\r\n\r\n", stand)
                #expect(large.hasPrefix("HTTP/1.1 413"))
            }
            let quote = head.replacing("/v1/jobs", with: "/v1/quotes")
            let chunked = try await exchange(
                quote + "Transfer-Encoding: chunked\r\n\r\n"
                    + EngineAnswers.chunk(String(repeating: "y", count: (1 << 20) + 1)), stand)
            #expect(chunked.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func `control away is 503 with a time to come back`() async throws {
        try await Self.run(starts: false, answer: { _ in nil }) { stand, _ in
            let answer = try await exchange(GatewayStand.get("/v1/jobs", closes: true), stand)
            #expect(answer.hasPrefix("HTTP/1.1 503"))
            #expect(answer.contains("retry-after: 2\r\n"))
            #expect(answer.contains(#""code":"unavailable""#))
            #expect(try await stand.chat(streaming: false).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `an answer that is cut off is cut off for the client`() async throws {
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
        try await Self.run(answer: { Self.whole($0) ? [half] : nil }) { stand, _ in
            let answer = try await exchange(GatewayStand.get("/v1/jobs"), stand)
            #expect(answer.contains("content-length: 100"))
            #expect(!answer.contains("HTTP/1.1 503"))
        }
        try await Self.run(answer: { Self.whole($0) ? ["garbage\r\n\r\n"] : nil }) { stand, _ in
            let answer = try await exchange(GatewayStand.get("/v1/jobs", closes: true), stand)
            #expect(answer.hasPrefix("HTTP/1.1 503"))
        }
    }

    @Test func `a stream passes as it comes, and ends when the key is revoked`() async throws {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        try await Self.run(
            closes: false,
            answer: { Self.whole($0) ? [head, EngineAnswers.chunk("line one\n")] : nil }
        ) { stand, _ in
            let client = try await stand.client()
            try await client.send(GatewayStand.get("/v1/jobs/x/log?follow=true"))
            try await client.receives("line one\n")
            #expect(!client.isClosed)
            var snapshot = stand.snapshot
            snapshot.version += 1
            snapshot.keys = []
            try stand.control.tell(.snapshot(snapshot))
            try await eventually("the stream is cut") { client.isClosed }
        }
    }

    @Test func `an attached connection carries bytes both ways until one side ends`()
        async throws
    {
        let granted =
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n"
            + "upgrade: spillway-attach\r\n\r\nwelcome "
        try await Self.run(answer: { Self.whole($0) ? [granted] : nil }) { stand, port in
            let client = try await stand.client()
            try await client.send(
                "GET /v1/instances/\(InstanceID(high: 1, low: 1))/attach?port=80 HTTP/1.1\r\n"
                    + "Host: g\r\nAuthorization: Bearer \(GatewayStand.secret)\r\n"
                    + "Connection: Upgrade\r\nUpgrade: spillway-attach\r\n\r\n")
            try await client.receives("HTTP/1.1 101 Switching Protocols\r\n")
            try await client.receives("welcome ")
            try await client.send("GET / not HTTP any more\r\n\r\n")
            try await client.receives("GET / not HTTP any more\r\n\r\n")
            #expect(port?.requests.first?.lowercased().contains("upgrade: spillway-attach") == true)
            await client.close()
            try await eventually("the gateway lets go") { try await stand.connections() == 0 }
        }
    }

    @Test func `all that control sends before it closes an attached connection comes`()
        async throws
    {
        let head =
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n"
            + "upgrade: spillway-attach\r\n\r\n"
        let flood = String(repeating: "x", count: 200_000)
        // In one piece and byte by byte at first, and gone at once.
        for pieces in [[head + flood], head.map { String($0) } + [flood]] {
            try await Self.run(
                ends: true, answer: { Self.whole($0) ? pieces : nil }
            ) { stand, _ in
                let answer = try await exchange(
                    "GET /v1/instances/\(InstanceID(high: 1, low: 1))/attach?port=80 HTTP/1.1\r\n"
                        + "Host: g\r\nAuthorization: Bearer \(GatewayStand.secret)\r\n"
                        + "Connection: Upgrade\r\nUpgrade: spillway-attach\r\n\r\n", stand)
                #expect(answer.hasPrefix("HTTP/1.1 101 "))
                #expect(answer.hasSuffix("\r\n\r\n" + flood))
            }
        }
    }

    @Test func `an upgrade with a body, or unasked for in Connection, is none`() async throws {
        try await Self.run(
            answer: { Self.whole($0) ? Self.json("{}", status: "400 Bad Request") : nil }
        ) { stand, port in
            let head =
                "GET /v1/instances/\(InstanceID(high: 1, low: 1))/attach?port=80 HTTP/1.1\r\n"
                + "Host: g\r\nAuthorization: Bearer \(GatewayStand.secret)\r\n"
                + "Upgrade: spillway-attach\r\n"
            for rest in [
                "Connection: close\r\n\r\n",
                "Connection: Upgrade\r\nContent-Length: 4\r\n\r\nbody",
            ] {
                let answer = try await exchange(head + rest, stand)
                #expect(answer.hasPrefix("HTTP/1.1 400"))
            }
            #expect(port?.requests.contains { $0.lowercased().contains("upgrade:") } == false)
        }
    }

    @Test func `an upgrade that control refuses is an answer, and the connection's last`()
        async throws
    {
        try await Self.run(
            answer: { Self.whole($0) ? Self.json("{}", status: "404 Not Found") : nil }
        ) { stand, _ in
            let answer = try await exchange(
                "GET /v1/instances/\(InstanceID(high: 1, low: 1))/attach?port=80 HTTP/1.1\r\n"
                    + "Host: g\r\nAuthorization: Bearer \(GatewayStand.secret)\r\n"
                    + "Connection: Upgrade\r\nUpgrade: spillway-attach\r\n\r\n", stand)
            #expect(answer.hasPrefix("HTTP/1.1 404"))
            #expect(answer.contains("connection: close"))
        }
    }

    @Test func `more requests than are taken at a time are told to come back`() async throws {
        try await Self.run(
            closes: false, limits: { $0.forwards = 1 }, answer: { _ in nil }
        ) { stand, port in
            let first = try await stand.client()
            try await first.send(GatewayStand.get("/v1/jobs"))
            try await eventually("control is asked") { port?.requests.count == 1 }
            let second = try await exchange(GatewayStand.get("/v1/jobs", closes: true), stand)
            #expect(second.hasPrefix("HTTP/1.1 503"))
            await first.close()
            try await eventually("there is room") {
                try await stand.connections() == 0
            }
        }
    }
}
