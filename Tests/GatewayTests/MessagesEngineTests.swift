import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// What an engine says and does, as a client of Anthropic's dialect meets it.
@Suite(.timeLimit(.minutes(10)))
struct MessagesEngineTests {
    private static let tools =
        #","tools":[{"name":"f","input_schema":{"type":"object"}}]"#

    private static func event(_ delta: String, finish: String = "null") -> String {
        EngineAnswers.chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":"#
                + #"[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}],"#
                + #""timings":{"cache_n":2,"prompt_n":3,"predicted_n":9}}"# + "\n\n")
    }

    private static func call(_ inner: String) -> String {
        event(#""tool_calls":[{"index":0,\#(inner)}]"#)
    }

    /// Reasoning, text and a tool's call, with a sign of life between.
    private static let rich = [
        EngineAnswers.streamHead, event(#""role":"assistant","content":null"#),
        event(#""reasoning_content":"hm""#), EngineAnswers.chunk(": ping\n\n"),
        event(#""content":"so""#),
        call(#""id":"i","type":"function","function":{"name":"f","arguments":"{\"a\":"}"#),
        call(#""function":{"arguments":"1}"}"#), event("", finish: #""tool_calls""#),
        EngineAnswers.usage(9), EngineAnswers.streamEnd,
    ]

    private static func run(
        _ script: FakeEngine.Script, snapshot change: (inout GatewaySnapshot) -> Void = { _ in },
        _ body: (GatewayStand) async throws -> Void
    ) async throws {
        try await GatewayStand.run(
            answer: script,
            snapshot: { snapshot in
                snapshot.deployments[0].capabilities = [.chat, .tools]
                change(&snapshot)
            }, body)
    }

    @Test func `thinking, text and a tool's call are blocks one after the other`() async throws {
        try await Self.run(FakeEngine.Script(pieces: Self.rich)) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(streaming: true, extra: Self.tools),
                port: stand.server.port)
            let body = EngineAnswers.body(of: answer)
            let names = body.split(separator: "\n").filter { $0.hasPrefix("event: ") }
                .map { String($0.dropFirst("event: ".count)) }
            let block = ["content_block_start", "content_block_delta", "content_block_stop"]
            #expect(
                names == ["message_start"] + [block[0], "ping", block[1], "ping", block[2]] + block
                    + [block[0], block[1], block[1], block[2], "message_delta", "message_stop"])
            #expect(body.contains(#"{"type":"thinking_delta","thinking":"hm"}"#))
            #expect(body.contains(#"{"type":"text_delta","text":"so"}"#))
            #expect(body.contains(#"{"type":"input_json_delta","partial_json":"{\"a\":"}"#))
            #expect(body.contains(#""stop_reason":"tool_use""#))
            #expect(try stand.settled().map(\.outcome) == [.completed])
        }
    }

    @Test(arguments: 1..<rich.count)
    func `an engine cut at any frame of it is an error event`(frames: Int) async throws {
        var script = FakeEngine.Script(pieces: Array(Self.rich.prefix(frames)))
        script.closes = true
        try await Self.run(script) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(streaming: true, extra: Self.tools),
                port: stand.server.port)
            let body = EngineAnswers.body(of: answer)
            #expect(!body.contains("message_stop") && !body.contains("message_delta"))
            let last = try #require(body.split(separator: "\n\n").last)
            #expect(
                last.hasPrefix("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"),
                "\(body)")
            #expect(answer.hasSuffix("0\r\n\r\n"), "the answer itself is whole")
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        (#"data: {"error":{"message":"out of memory"}}"#, "api_error"),
        ("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}", "api_error"),
        ("data: {]", "api_error"),
    ])
    func `what an engine should not send is an error event`(
        line: String, type: String
    ) async throws {
        let script = FakeEngine.Script(pieces: [
            EngineAnswers.streamHead, EngineAnswers.word(1), EngineAnswers.chunk(line + "\n\n"),
            EngineAnswers.word(2), EngineAnswers.usage(2), EngineAnswers.streamEnd,
        ])
        try await Self.run(script) { stand in
            let answer = try await MessagesClient.ask(stand, streaming: true)
            let body = EngineAnswers.body(of: answer)
            #expect(body.contains(#""text":"w1""#) && !body.contains(#""text":"w2""#))
            #expect(
                body.contains("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"")
                    && body.contains(#""error":{"type":"\#(type)""#), "\(body)")
            #expect(!body.contains("message_stop"))
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        ("400 Bad Request", 400, "invalid_request_error"),
        ("500 Internal Server Error", 500, "api_error"),
        ("503 Service Unavailable", 529, "overloaded_error"),
    ])
    func `an engine's refusal speaks the dialect`(
        status: String, told: Int, type: String
    ) async throws {
        let script = FakeEngine.Script(
            EngineAnswers.plain(#"{"error":{"message":"no"}}"#, status: status))
        try await Self.run(script) { stand in
            let answer = try await MessagesClient.ask(stand)
            #expect(answer.hasPrefix("HTTP/1.1 \(told) "), "\(answer)")
            #expect(answer.contains(#"{"type":"error","error":{"type":"\#(type)""#))
            try await eventually("it is settled") {
                try stand.settled().map(\.amount) == [.zero]
            }
        }
    }

    // MARK: Pictures

    private static let picture =
        #""messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","#
        + #""media_type":"image/png","data":"iVBORw0KGgo="}},{"type":"text","text":"hi"}]}]"#

    @Test func `a picture reaches an engine that takes it, metered as its usage says`()
        async throws
    {
        let script = FakeEngine.Script(
            EngineAnswers.plain(
                EngineAnswers.json().replacing(
                    #""prompt_tokens":5"#, with: #""prompt_tokens":1205"#)))
        try await Self.run(
            script, snapshot: { $0.deployments[0].capabilities = [.chat, .images] }
        ) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(messages: Self.picture), port: stand.server.port)
            #expect(answer.contains(#""usage":{"input_tokens":1205,"#), "\(answer)")
            #expect(
                stand.engine.lastRequest.contains(
                    #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#
                ))
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 1205, output: 2)])
        }
    }

    @Test func `a model that takes no pictures refuses them by name`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await Self.run(script) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(messages: Self.picture), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("m does not read images. Send text alone."))
            #expect(stand.engine.requests == 0)
        }
    }

    // MARK: Counting

    /// Both of llama.cpp's answers in one, for the engine that is played says the same to all.
    private static let tokenizer = FakeEngine.Script(
        EngineAnswers.plain(#"{"prompt":"<s>hi\n","tokens":[1,5,7]}"#))

    @Test func `counting asks the engine's tokenizer, and costs nothing`() async throws {
        try await Self.run(Self.tokenizer) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.count(), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(EngineAnswers.body(of: answer) == #"{"input_tokens":3}"#)
            #expect(stand.engine.requests == 2)
            #expect(stand.engine.lastRequest.hasPrefix("POST /tokenize HTTP/1.1\r\n"))
            #expect(stand.engine.lastRequest.contains(#""content":"<s>hi\n","#))
            #expect(try stand.settled().isEmpty)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `counting is refused by name where the engine cannot, or pictures stand in it`()
        async throws
    {
        try await Self.run(
            Self.tokenizer,
            snapshot: { snapshot in
                snapshot.deployments[0].engine = .vLLM
                snapshot.replicas[0].engine = .vLLM
            }
        ) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.count(), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("Tokens of m cannot be counted ahead"))
        }
        try await Self.run(
            Self.tokenizer, snapshot: { $0.deployments[0].capabilities = [.chat, .images] }
        ) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.count(messages: Self.picture), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("Tokens of pictures cannot be counted ahead"))
            #expect(stand.engine.requests == 0)
        }
    }

    @Test(arguments: ["{}", #"{"prompt":1}"#, #"{"prompt":"a"}"#, "", "[1"])
    func `a tokenizer that answers nonsense is the engine's failure`(body: String) async throws {
        try await Self.run(FakeEngine.Script(EngineAnswers.plain(body))) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.count(), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 500 "), "\(answer)")
            #expect(answer.contains(#""type":"api_error""#))
            try await stand.expectNothingHeld()
        }
    }
}
