import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// What an engine says and does, as a client of the Responses API meets it.
@Suite(.timeLimit(.minutes(10)))
struct ResponsesEngineTests {
    private static let tools = #","tools":[{"type":"function","name":"f"}]"#

    private static func event(_ delta: String, finish: String = "null") -> String {
        EngineAnswers.chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":"#
                + #"[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}]}"# + "\n\n")
    }

    /// Reasoning, text and a tool's call, with a sign of life between.
    private static let rich = [
        EngineAnswers.streamHead, event(#""role":"assistant","content":null"#),
        event(#""reasoning_content":"hm""#), EngineAnswers.chunk(": ping\n\n"),
        event(#""content":"so""#),
        event(#""tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{}"}}]"#),
        event("", finish: #""tool_calls""#), EngineAnswers.usage(9), EngineAnswers.streamEnd,
    ]

    private static func request(
        input: String = #""hi""#, streaming: Bool, extra: String = ""
    ) -> String {
        let body = #"{"model":"m","input":\#(input),"stream":\#(streaming)\#(extra)}"#
        return "POST /v1/responses HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            + "Authorization: Bearer \(GatewayStand.secret)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func ask(
        _ script: FakeEngine.Script, _ request: String,
        _ body: (GatewayStand, String) async throws -> Void
    ) async throws {
        try await GatewayStand.run(
            answer: script, snapshot: { $0.deployments[0].capabilities = [.chat, .tools, .images] }
        ) { stand in
            try await body(stand, try await RawClient.exchange(request, port: stand.server.port))
        }
    }

    @Test func `a stream ends with the whole response, and is settled under its own name`()
        async throws
    {
        try await Self.ask(
            FakeEngine.Script(pieces: Self.rich),
            Self.request(streaming: true, extra: Self.tools)
        ) { stand, answer in
            let last = try #require(
                EngineAnswers.body(of: answer).split(separator: "\n\n").last)
            #expect(last.hasPrefix("event: response.completed\ndata: "), "\(answer)")
            #expect(last.contains(#""type":"reasoning_text","text":"hm""#))
            #expect(last.contains(#""type":"output_text","text":"so""#))
            #expect(last.contains(#""call_id":"i","name":"f","arguments":"{}""#))
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.completed])
            #expect(settled.map(\.opened.endpoint) == [.responses])
        }
    }

    @Test(arguments: 1..<rich.count)
    func `an engine cut at any frame of it is an error event`(frames: Int) async throws {
        var script = FakeEngine.Script(pieces: Array(Self.rich.prefix(frames)))
        script.closes = true
        try await Self.ask(script, Self.request(streaming: true, extra: Self.tools)) {
            stand, answer in
            let body = EngineAnswers.body(of: answer)
            #expect(!body.contains("response.completed") && !body.contains("response.incomplete"))
            let last = try #require(body.split(separator: "\n\n").last)
            #expect(
                last.hasPrefix("event: error\ndata: {\"type\":\"error\",\"sequence_number\":"),
                "\(body)")
            #expect(last.contains(#""code":"engine_failed""#))
            #expect(answer.hasSuffix("0\r\n\r\n"), "the answer itself is whole")
            try await stand.expectNothingHeld()
        }
    }

    @Test func `a picture reaches an engine that takes it`() async throws {
        let input =
            #"[{"role":"user","content":[{"type":"input_text","text":"what?"},"#
            + #"{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]"#
        try await Self.ask(
            FakeEngine.Script(
                EngineAnswers.plain(
                    EngineAnswers.json().replacing(
                        #""prompt_tokens":5"#, with: #""prompt_tokens":1205"#))),
            Self.request(input: input, streaming: false)
        ) { stand, answer in
            #expect(answer.contains(#""usage":{"input_tokens":1205,"#), "\(answer)")
            #expect(
                stand.engine.lastRequest.contains(
                    #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#
                ))
        }
    }

    @Test func `an engine's refusal is an error of OpenAI's form`() async throws {
        try await Self.ask(
            FakeEngine.Script(
                EngineAnswers.plain(
                    #"{"error":{"message":"no"}}"#, status: "500 Internal Server Error")),
            Self.request(streaming: false)
        ) { stand, answer in
            #expect(answer.hasPrefix("HTTP/1.1 502 "), "\(answer)")
            #expect(answer.contains(#"{"error":{"message":"#))
            let settled = try stand.settled()
            #expect(settled.map(\.amount) == [.zero])
        }
    }
}
