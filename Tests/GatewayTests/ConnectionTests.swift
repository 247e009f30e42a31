import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// What a client's connection does beside model answers.
@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    @Test func `requests sent ahead are answered in order`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            let client = try await stand.client()
            try await client.send(
                GatewayStand.get("/health") + GatewayStand.chatRequest(streaming: false)
                    + GatewayStand.get("/v1/models/m") + GatewayStand.chatRequest(streaming: false)
                    + GatewayStand.get("/nowhere", closes: true))
            try await eventually("the gateway closes") { client.isClosed }
            var rest = client.received[...]
            for mark in [
                #""status":"ok""#, #""content":"ho""#, #""object":"model""#, #""content":"ho""#,
                "HTTP/1.1 404",
            ] {
                let found = try #require(rest.firstRange(of: mark), "\(mark)")
                rest = rest[found.upperBound...]
            }
            #expect(client.received.split(separator: "HTTP/1.1 ").count == 5)
        }
    }

    @Test func `HEAD has the header alone`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            let head = try await RawClient.exchange(
                GatewayStand.get("/health", method: "HEAD", closes: true), port: stand.server.port)
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(head.contains("content-length: 16\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
            let wrong = try await RawClient.exchange(
                GatewayStand.get("/v1/chat/completions", method: "HEAD", closes: true),
                port: stand.server.port)
            #expect(wrong.hasPrefix("HTTP/1.1 405"))
            #expect(wrong.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a client that asks first is told to go on, or is refused at once`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            let request = GatewayStand.chatRequest(streaming: false)
            let split = try #require(request.firstRange(of: "\r\n\r\n"))
            let head = request[..<split.lowerBound] + "\r\nExpect: 100-continue\r\n\r\n"
            let client = try await stand.client()
            try await client.send(String(head))
            try await client.receives("HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send(String(request[split.upperBound...]))
            try await client.receives(#""content":"ho""#)
            let stranger = try await stand.client()
            try await stranger.send(
                String(head.replacing(GatewayStand.secret, with: "sk-unknown")))
            try await eventually("the gateway closes") { stranger.isClosed }
            #expect(stranger.received.hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test func `a header or a body that does not come is given up`() async throws {
        try await GatewayStand.run(
            answer: Self.plain,
            limits: { limits in
                // Long enough for a busy machine to have sent what the test sends.
                limits.headerWait = .milliseconds(1500)
                limits.bodyWait = .milliseconds(1500)
            }
        ) { stand in
            let silent = try await stand.client()
            try await silent.send("GET /health HTT")
            let slow = try await stand.client()
            try await slow.send(String(GatewayStand.chatRequest(streaming: false).dropLast()))
            try await eventually("both are closed") { silent.isClosed && slow.isClosed }
            #expect(silent.received.isEmpty)
            #expect(slow.received.hasPrefix("HTTP/1.1 408"))
            #expect(stand.engine.requests == 0)
        }
    }

    @Test func `a header or a body that is too large is refused`() async throws {
        try await GatewayStand.run(
            answer: Self.plain,
            limits: { limits in
                limits.headerBytes = 400
                limits.bodyBytes = 200
            }
        ) { stand in
            let filler = String(repeating: "x", count: 400)
            let head =
                "POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer "
                + "\(GatewayStand.secret)\r\n"
            for request in [
                "GET /health HTTP/1.1\r\nConnection: close\r\nX: \(filler)\r\n\r\n",
                head + "Content-Length: 400\r\n\r\n",
                head + "Transfer-Encoding: chunked\r\n\r\n" + EngineAnswers.chunk(filler),
            ] {
                let answer = try await RawClient.exchange(request, port: stand.server.port)
                #expect(answer.hasPrefix("HTTP/1.1 413"), "\(request.prefix(80))")
            }
            #expect(stand.engine.requests == 0)
        }
    }

    @Test(arguments: [1, 0])
    func `one connection too many is answered 503, and many too many not at all`(
        refused: Int
    )
        async throws
    {
        try await GatewayStand.run(
            answer: Self.plain,
            limits: { limits in
                limits.connections = 2
                limits.refusedConnections = refused
            }
        ) { stand in
            let clients = [try await stand.client(), try await stand.client()]
            try await eventually("both are in") { try await stand.connections() == 2 }
            let third = try await stand.client()
            try await eventually("it is closed") { third.isClosed }
            #expect(third.received.hasPrefix("HTTP/1.1 503") == (refused > 0))
            #expect(third.received.isEmpty == (refused == 0))
            await third.close()
            await clients[0].close()
            try await eventually("there is room") { try await stand.connections() == 1 }
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            await clients[1].close()
        }
    }

    @Test func `a kept connection that the engine closed is replaced once`() async throws {
        var script = Self.plain
        script.dropsReused = true
        try await GatewayStand.run(answer: script) { stand in
            for number in 1...3 {
                let answer = try await stand.chat(streaming: false)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                #expect(stand.engine.requests == 2 * number - 1)
            }
            #expect(try stand.settled().count == 3)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `metrics say what has been served`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            _ = try await stand.chat(streaming: false)
            _ = try await stand.chat(streaming: false, extra: #","n":"two""#)
            let metrics = EngineAnswers.body(
                of: try await RawClient.exchange(
                    GatewayStand.get("/metrics", closes: true), port: stand.server.port))
            let lines = Set(metrics.split(separator: "\n").map(String.init))
            for line in [
                #"spillway_requests_total{gen_ai_request_model="m",outcome="completed"} 1"#,
                #"spillway_refusals_total{code="invalid_request"} 1"#,
                #"gen_ai_client_token_usage_total{gen_ai_request_model="m","#
                    + #"gen_ai_token_type="output_tokens"} 2"#,
                "gen_ai_server_request_duration_seconds_count 1",
                "spillway_gateway_overhead_seconds_count 1",
                #"spillway_requests_in_flight{model="m"} 0"#, "spillway_control_linked 1",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
        }
    }

    @Test func `a key sees the models that it may call`() async throws {
        try await GatewayStand.run(
            answer: Self.plain,
            snapshot: { snapshot in
                var other = snapshot.deployments[0]
                other.model = "other"
                var unpriced = snapshot.deployments[0]
                unpriced.model = "unpriced"
                unpriced.priceAs = "unknown"
                snapshot.deployments += [other, unpriced]
                snapshot.keys[0].models = ["m", "unpriced"]
            }
        ) { stand in
            func get(_ path: String) async throws -> String {
                try await RawClient.exchange(
                    GatewayStand.get(path, closes: true), port: stand.server.port)
            }
            let list = try await get("/v1/models")
            #expect(list.contains(#""id":"m""#))
            #expect(!list.contains("other") && !list.contains("unpriced"))
            #expect(try await get("/v1/models/m").hasPrefix("HTTP/1.1 200"))
            #expect(try await get("/v1/models/other").hasPrefix("HTTP/1.1 404"))
            #expect(try await get("/v1/models/unpriced").hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `going down lets streams end, takes no one new and gives free money back`()
        async throws
    {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(answer: script) { stand in
            let (client, idle) = (try await stand.client(), try await stand.client())
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await client.receives("w1")
            async let drained: Void = stand.drain()
            try await eventually("an idle connection is closed") { idle.isClosed }
            await #expect(throws: (any Error).self) { _ = try await stand.client() }
            #expect(!client.isClosed)
            stand.engine.release()
            try await client.receives("[DONE]")
            try await eventually("it is closed behind its answer") { client.isClosed }
            await drained
            let records = try stand.records()
            let back = records.reduce(Money.zero) { sum, record in
                switch record {
                case .returned(_, let amount, _): sum + amount
                default: sum
                }
            }
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.completed])
            #expect(back + settled[0].amount == stand.control.lent)
        }
    }
}
