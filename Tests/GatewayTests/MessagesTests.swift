import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// Anthropic's dialect through the whole gateway: same money, its own words.
@Suite(.timeLimit(.minutes(10)))
struct MessagesTests {
    @Test(arguments: [
        "x-api-key: \(GatewayStand.secret)", "Authorization: Bearer \(GatewayStand.secret)",
    ])
    func `a plain answer is a message, billed as any`(key: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(key: key), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\r\nrequest-id: req_"))
            #expect(answer.contains(#""content":[{"type":"text","text":"ho"}]"#))
            #expect(answer.contains(#""stop_reason":"end_turn""#))
            #expect(stand.engine.lastRequest.hasPrefix("POST /v1/chat/completions "))
            let settled = try stand.settled()
            #expect(settled.map(\.billed) == [TokenCounts(input: 5, output: 2)])
            #expect(settled.map(\.opened.endpoint) == [.messages])
            try await stand.expectNothingHeld()
        }
    }

    @Test func `a stream ends with its reason and costs what the same chat costs`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await MessagesClient.ask(stand, streaming: true)
            let body = EngineAnswers.body(of: answer)
            #expect(body.hasPrefix("event: message_start\n"))
            for word in 1...3 { #expect(body.contains(#""text":"w\#(word)""#)) }
            #expect(body.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
            #expect(!body.contains("[DONE]"))
            _ = try await stand.chat(streaming: true)
            let settled = try stand.settled()
            #expect(settled.count == 2 && settled[0].amount == settled[1].amount)
            #expect(settled[0].billed == settled[1].billed)
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: 0...5)
    func `an engine cut at a frame is an error, never a silent end`(frames: Int) async throws {
        let whole = EngineAnswers.stream(3)
        var script = FakeEngine.Script(pieces: Array(whole.prefix(frames)))
        script.closes = true
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await MessagesClient.ask(stand, streaming: true)
            #expect(!answer.contains("message_stop"))
            #expect(answer.contains(#""type":"error","error":{"type":"api_error""#))
            if frames > 0 { #expect(answer.contains("event: error\n")) }
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        (MessagesClient.request(extra: #","foo":1"#), 400, "invalid_request_error"),
        (MessagesClient.request(key: "x-api-key: no"), 401, "authentication_error"),
        (MessagesClient.request(key: "accept: a/b"), 401, "authentication_error"),
    ])
    func `refusals speak the dialect`(request: String, status: Int, type: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(request, port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains(#"{"type":"error","error":{"type":"\#(type)""#))
            #expect(answer.contains(#""request_id":"req_"#))
            #expect(stand.engine.requests == 0)
        }
    }

    @Test func `an unknown address below Messages is told in the dialect`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(path: "/v1/messages/elsewhere"), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(answer)")
            #expect(answer.contains(#"{"type":"error","error":{"type":"not_found_error""#))
        }
    }

    @Test func `limits are told in the dialect's headers, and a refusal says when to come back`()
        async throws
    {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            answer: script,
            snapshot: { snapshot in
                snapshot.keys[0].limits = TrafficLimits(
                    requestsPerMinute: 1, tokensPerMinute: 100_000)
            }
        ) { stand in
            let first = try await MessagesClient.ask(stand)
            #expect(first.hasPrefix("HTTP/1.1 200"))
            for line in [
                "requests-limit: 1", "requests-remaining: 0", "requests-reset: 2026-11-21T",
                "tokens-limit: 100000", "tokens-remaining: ", "tokens-reset: 2026-11-21T",
                "input-tokens-limit: 100000", "output-tokens-limit: 100000",
                "output-tokens-reset: 2026-11-21T",
            ] {
                #expect(first.contains("\r\nanthropic-ratelimit-\(line)"), "\(first)")
            }
            #expect(!first.contains("x-ratelimit"))
            // One limit for what goes in and what comes out: all of it may be taken by either.
            let left = first.matches(of: /anthropic-ratelimit-(?:\w+-)?tokens-remaining: (\d+)/)
            #expect(left.count == 3 && Set(left.map(\.1)).count == 1)
            let second = try await MessagesClient.ask(stand)
            #expect(second.hasPrefix("HTTP/1.1 429 "))
            #expect(second.contains(#""error":{"type":"rate_limit_error""#))
            #expect(second.contains("\r\nretry-after: "))
            #expect(second.contains("\r\nanthropic-ratelimit-requests-remaining: 0\r\n"))
        }
    }

    @Test func `who has no money is told so in the dialect, and not to try again`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(money: .zero, answer: script) { stand in
            let answer = try await MessagesClient.ask(stand)
            #expect(answer.hasPrefix("HTTP/1.1 402 "), "\(answer)")
            #expect(answer.contains(#""error":{"type":"billing_error""#))
            #expect(answer.contains("\r\nx-should-retry: false\r\n"))
        }
    }

    @Test func `a model that is loading is overloaded in the dialect's words`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            answer: script, snapshot: { $0.replicas[0].state = .starting }
        ) { stand in
            for request in [MessagesClient.request(), MessagesClient.count()] {
                let answer = try await RawClient.exchange(request, port: stand.server.port)
                #expect(answer.hasPrefix("HTTP/1.1 529 "), "\(answer)")
                #expect(answer.contains(#""error":{"type":"overloaded_error""#))
                #expect(answer.contains("\r\nretry-after: "))
            }
            try await stand.expectNothingHeld()
        }
    }

    @Test func `models answer in the dialect of who asks`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let ours = try await RawClient.exchange(
                GatewayStand.get("/v1/models", closes: true), port: stand.server.port)
            #expect(ours.contains(#""object":"list""#))
            let theirs = try await RawClient.exchange(
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nx-api-key: \(GatewayStand.secret)\r\n"
                    + "anthropic-version: 2023-06-01\r\nConnection: close\r\n\r\n",
                port: stand.server.port)
            #expect(theirs.contains(#""type":"model","id":"m""#))
            #expect(theirs.contains(#""has_more":false"#))
        }
    }
}
