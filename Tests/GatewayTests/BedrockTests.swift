import Fleet
import Foundation
import Link
import Metering
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// Bedrock's runtime through the whole gateway: same money, its own frames.
@Suite(.timeLimit(.minutes(1)))
struct BedrockTests {
    private static let converse = #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#
    private static let chat = #"{"messages":[{"role":"user","content":"hi"}]}"#

    private static func request(
        _ operation: String, _ body: String = converse, key: String = GatewayStand.secret,
        model: String = "m"
    ) -> String {
        "POST /model/\(model)/\(operation) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            + "Authorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(arguments: ["m", "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fm"])
    func `a plain answer is Converse's, billed as any`(model: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request("converse", model: model), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\r\nx-amzn-RequestId: req_"))
            #expect(answer.contains(#""content":[{"text":"ho"}]"#))
            #expect(answer.contains(#""usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"#))
            #expect(stand.engine.lastRequest.hasPrefix("POST /v1/chat/completions "))
            _ = try await RawClient.exchange(
                Self.request("invoke", Self.chat), port: stand.server.port)
            _ = try await stand.chat(streaming: false)
            let settled = try stand.settled()
            #expect(settled.map(\.opened.endpoint) == [.converse, .invokeModel, .chatCompletions])
            #expect(Set(settled.map(\.amount)).count == 1)
            #expect(Set(settled.map(\.billed)) == [TokenCounts(input: 5, output: 2)])
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: ["converse-stream", "invoke-with-response-stream"])
    func `a stream is frames to its end`(operation: String) async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request(
                    operation, operation == "converse-stream" ? Self.converse : Self.chat),
                port: stand.server.port)
            #expect(answer.contains("\r\ncontent-type: application/vnd.amazon.eventstream\r\n"))
            #expect(!answer.contains("data: "))
            if operation == "converse-stream" {
                for word in 1...3 { #expect(answer.contains(#"{"text":"w\#(word)"}"#)) }
                #expect(answer.contains("messageStop") && answer.contains("latencyMs"))
            }
            _ = try await stand.chat(streaming: true)
            let settled = try stand.settled()
            #expect(settled.count == 2 && settled[0].amount == settled[1].amount)
            #expect(settled[0].billed == settled[1].billed)
            try await stand.expectNothingHeld()
        }
    }

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
        event(
            #""tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{\"a\":"}}]"#),
        event(#""tool_calls":[{"index":0,"function":{"arguments":"1}"}}]"#),
        event("", finish: #""tool_calls""#), EngineAnswers.usage(9), EngineAnswers.streamEnd,
    ]

    private static let streamed: [(operation: String, body: String, end: String)] = [
        (
            "converse-stream",
            #"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"toolConfig":{"tools":["#
                + #"{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}}"#,
            #""latencyMs""#
        ),
        (
            "invoke-with-response-stream",
            #"{"messages":[{"role":"user","content":"hi"}],"max_tokens":99,"tools":[{"type":"#
                + #""function","function":{"name":"f"}}]}"#, "amazon-bedrock-invocationMetrics"
        ),
        (
            "invoke-with-response-stream",
            #"{"anthropic_version":"bedrock-2023-05-31","max_tokens":99,"messages":[{"role":"#
                + #""user","content":"hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}"#,
            "amazon-bedrock-invocationMetrics"
        ),
    ]

    /// The bytes that stand base64-encoded in the frames of InvokeModelWithResponseStream, too.
    private static func text(of answer: String) -> String {
        answer.components(separatedBy: #"{"bytes":""#).dropFirst().reduce(answer) { text, part in
            let encoded = String(part.prefix { $0 != "\"" })
            return text
                + (Data(base64Encoded: encoded).map { String(decoding: $0, as: UTF8.self) } ?? "")
        }
    }

    @Test(arguments: 0..<streamed.count, 0...rich.count)
    func `an engine cut at any frame is an exception, never a silent end`(
        form: Int, frames: Int
    ) async throws {
        var script = FakeEngine.Script(pieces: Array(Self.rich.prefix(frames)))
        script.closes = frames < Self.rich.count
        let (operation, body, end) = Self.streamed[form]
        try await GatewayStand.run(
            answer: script, snapshot: { $0.deployments[0].capabilities = [.chat, .tools] }
        ) { stand in
            let answer = try await RawClient.exchange(
                Self.request(operation, body), port: stand.server.port)
            let isWhole = frames == Self.rich.count
            #expect(Self.text(of: answer).contains(end) == isWhole, "\(answer)")
            #expect(answer.contains("modelStreamErrorException") == (frames > 0 && !isWhole))
            if frames == 0 { #expect(answer.contains("x-amzn-errortype: ModelErrorException")) }
            try await stand.expectNothingHeld()
        }
    }

    private static let alias = InferenceProfileID(high: 6, low: 1)
    private static let arn = BedrockName.kept(
        BedrockName.profileKind, alias, by: OrganizationID(high: 1, low: 1))

    @Test(arguments: [PercentCoding.encode(arn), BedrockName.text(of: alias)])
    func `a profile names a model, and its usage says so`(model: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            answer: script,
            snapshot: {
                $0.aliases = [
                    AliasTerms(id: Self.alias, project: ProjectID(high: 2, low: 1), model: "m")
                ]
            }
        ) { stand in
            for operation in ["converse", "invoke"] {
                let answer = try await RawClient.exchange(
                    Self.request(
                        operation, operation == "invoke" ? Self.chat : Self.converse, model: model),
                    port: stand.server.port)
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            }
            _ = try await stand.chat(streaming: false)
            let opened = try stand.settled().map(\.opened)
            #expect(opened.map(\.profile) == [Self.alias, Self.alias, nil])
            #expect(Set(opened.map(\.model)) == ["m"])
        }
    }

    @Test func `another project's profile is no model`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            answer: script,
            snapshot: {
                $0.aliases = [
                    AliasTerms(id: Self.alias, project: ProjectID(high: 2, low: 9), model: "m")
                ]
            }
        ) { stand in
            let answer = try await RawClient.exchange(
                Self.request("converse", model: PercentCoding.encode(Self.arn)),
                port: stand.server.port)
            #expect(answer.contains("\r\nx-amzn-errortype: ResourceNotFoundException\r\n"))
            #expect(stand.engine.requests == 0)
        }
    }

    @Test func `InvokeModel tells its options as they were served`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let request = Self.request("invoke", Self.chat).replacing(
                "Connection: close\r\n",
                with: "Connection: close\r\nX-Amzn-Bedrock-Service-Tier: priority\r\n"
                    + "X-Amzn-Bedrock-PerformanceConfig-Latency: optimized\r\n")
            let answer = try await RawClient.exchange(request, port: stand.server.port)
            #expect(answer.contains("\r\nX-Amzn-Bedrock-Service-Tier: default\r\n"))
            #expect(
                answer.contains("\r\nX-Amzn-Bedrock-PerformanceConfig-Latency: standard\r\n"))
        }
    }

    @Test(arguments: [
        (request("converse", "{}"), 400, "ValidationException"),
        (request("converse", key: "no"), 403, "AccessDeniedException"),
        (request("converse", model: "none"), 404, "ResourceNotFoundException"),
        (request("other"), 404, "UnknownOperationException"),
    ])
    func `refusals are exceptions`(request: String, status: Int, name: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(request, port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("\r\nx-amzn-errortype: \(name)\r\n"))
            #expect(answer.contains(#"{"message":""#))
            #expect(stand.engine.requests == 0)
        }
    }
}
