import Foundation
import Guardrails
import Link
import Metering
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// Guardrails through the whole gateway.
@Suite(.timeLimit(.minutes(1)))
struct GuardrailTests {
    private static let policy = GuardrailPolicy(
        words: [.init(text: "forbidden fruit", handling: .init())],
        personal: [.init(kind: .email, handling: .init(action: .mask))],
        patterns: [
            .init(
                name: "ticket", description: nil, pattern: #"T-\d{4}"#,
                handling: .init(action: .block, inputAction: .mask))
        ],
        blockedInput: "Not this.", blockedOutput: "Not that.")
    private static let terms = GuardrailTerms(
        project: ProjectID(high: 2, low: 1), guardrail: "gr1", version: "1", policy: policy)
    /// Masks nothing.
    private static let blocking = GuardrailTerms(
        project: ProjectID(high: 2, low: 1), guardrail: "gr3", version: "1",
        policy: GuardrailPolicy(
            words: policy.words, personal: [], patterns: [], blockedInput: "Not this.",
            blockedOutput: "Not that."))

    private static func run(
        _ script: FakeEngine.Script, _ body: (GatewayStand) async throws -> Void
    ) async throws {
        try await GatewayStand.run(
            answer: script, snapshot: { $0.guardrails = [terms, blocking] }, body)
    }

    private static func converse(
        _ text: String, content: String? = nil, operation: String = "converse",
        guardrail: String = "gr1",
        version: String = "1", more: String = ""
    ) -> String {
        let blocks = content ?? #"{"text":"\#(text)"}"#
        let body =
            #"{"system":[{"text":"forbidden fruit"}],"messages":[{"role":"user","content":"#
            + #"[\#(blocks)]}],"guardrailConfig":{"guardrailIdentifier":"\#(guardrail)","#
            + #""guardrailVersion":"\#(version)"\#(more)}}"#
        return request(operation, body)
    }

    private static func invoke(
        _ text: String, operation: String = "invoke", trace: String = "ENABLED",
        more: String = ""
    ) -> String {
        request(
            operation, #"{"messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#,
            headers: "X-Amzn-Bedrock-GuardrailIdentifier: gr1\r\n"
                + "X-Amzn-Bedrock-GuardrailVersion: 1\r\nX-Amzn-Bedrock-Trace: \(trace)\r\n")
    }

    private static func request(
        _ operation: String, _ body: String, headers: String = ""
    ) -> String {
        "POST /model/m/\(operation) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\(headers)"
            + "Authorization: Bearer \(GatewayStand.secret)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The texts of a stream's deltas, joined.
    private static func text(of answer: String) -> String {
        answer.split(separator: #""delta":{"text":""#).dropFirst()
            .compactMap { $0.split(separator: "\"", omittingEmptySubsequences: false).first }
            .joined()
    }

    private static func plain(_ text: String) -> FakeEngine.Script {
        let json =
            #"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":["#
            + #"{"index":0,"message":{"role":"assistant","content":"\#(text)"},"#
            + #""finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"#
            + #""total_tokens":7}}"#
        return FakeEngine.Script(EngineAnswers.plain(json))
    }

    private static func stream(_ words: [String]) -> FakeEngine.Script {
        FakeEngine.Script(
            pieces: [EngineAnswers.streamHead]
                + words.enumerated().map { EngineAnswers.word($0.offset + 1, text: $0.element) }
                + [EngineAnswers.usage(words.count), EngineAnswers.streamEnd])
    }

    @Test(arguments: ["converse", "converse-stream"])
    func `a blocked prompt reaches no engine and costs nothing`(operation: String) async throws {
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.converse(
                    "a Forbidden Fruit, please", operation: operation,
                    more: #","trace":"enabled""#), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains(#""text":"Not this.""#))
            #expect(answer.contains(#""stopReason":"guardrail_intervened""#))
            #expect(answer.contains(#""inputTokens":0,"outputTokens":0"#))
            #expect(answer.contains(#""trace":{"guardrail":{"inputAssessment":{"gr1":{"#))
            #expect(answer.contains(#""match":"Forbidden Fruit""#))
            #expect(stand.engine.requests == 0)
            #expect(try stand.settled().isEmpty)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `only what is marked is looked at`() async throws {
        let marked = #"{"guardContent":{"text":{"text":"to bob@example.org"}}}"#
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.converse("", content: #"{"text":"forbidden fruit"},\#(marked)"#),
                port: stand.server.port)
            #expect(answer.contains(#""text":"ho""#))
            #expect(stand.engine.lastRequest.contains(#""text":"forbidden fruit"}"#))
            #expect(stand.engine.lastRequest.contains(#""text":"to {EMAIL}"}"#))
            let blocked = marked.replacingOccurrences(of: "to bob", with: "forbidden fruit")
            let refused = try await RawClient.exchange(
                Self.converse("", content: #"{"text":"a"},\#(blocked)"#), port: stand.server.port)
            #expect(refused.contains("guardrail_intervened"))
            #expect(stand.engine.requests == 1)
        }
    }

    @Test func `InvokeModel marks by tags, which the model does not see`() async throws {
        let tag = "amazon-bedrock-guardrails-guardContent_k7"
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.invoke(
                    "forbidden fruit <\(tag)>bob@example.org</\(tag)>",
                    more: #","amazon-bedrock-guardrailConfig":{"tagSuffix":"k7"}"#),
                port: stand.server.port)
            #expect(answer.contains(#""content":"ho""#))
            #expect(stand.engine.lastRequest.contains(#""content":"forbidden fruit {EMAIL}""#))
            #expect(!stand.engine.lastRequest.contains("amazon"))
        }
    }

    @Test func `InvokeModel tells of a blocked prompt in its own members`() async throws {
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.invoke("forbidden fruit"), port: stand.server.port)
            #expect(answer.contains(#""content":"Not this.""#))
            #expect(answer.contains(#""amazon-bedrock-guardrailAction":"INTERVENED""#))
            #expect(answer.contains(#""amazon-bedrock-trace":{"guardrail":{"input":{"gr1":"#))
            #expect(stand.engine.requests == 0)
            let passed = try await RawClient.exchange(
                Self.invoke("apples", trace: "DISABLED"), port: stand.server.port)
            #expect(passed.contains(#""content":"ho""#))
            #expect(passed.hasSuffix(#","amazon-bedrock-guardrailAction":"NONE"}"#))
        }
    }

    @Test func `what is masked in a prompt reaches no engine`() async throws {
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.converse(#"I am bob@example.org, \"T-1234\""#), port: stand.server.port)
            #expect(answer.contains(#""text":"ho""#) && answer.contains("end_turn"))
            let asked = stand.engine.lastRequest
            #expect(asked.contains(#"I am {EMAIL}, \"{ticket}\""#))
            #expect(asked.contains("forbidden fruit"), "The system's prompt is left alone.")
            #expect(!asked.contains("example.org") && !asked.contains("1234"))
            try await stand.expectNothingHeld()
        }
    }

    @Test func `a plain answer is masked or blocked, and billed as it was made`() async throws {
        for (said, told, reason) in [
            ("Ask bob@example.org now", "Ask {EMAIL} now", "end_turn"),
            ("It is T-1234", "Not that.", "guardrail_intervened"),
            ("Nothing", "Nothing", "end_turn"),
        ] {
            try await Self.run(Self.plain(said)) { stand in
                let answer = try await RawClient.exchange(
                    Self.converse("hi"), port: stand.server.port)
                #expect(answer.contains(#""content":[{"text":"\#(told)"}]"#))
                #expect(answer.contains(#""stopReason":"\#(reason)""#))
                #expect(answer.contains(#""usage":{"inputTokens":5,"outputTokens":2"#))
                #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 2)])
                try await stand.expectNothingHeld()
            }
        }
    }

    @Test func `a stream is masked over the borders of its chunks`() async throws {
        let words = ["Write to b", "ob@exam", "ple.o", "rg soon", ". Bye"]
        try await Self.run(Self.stream(words)) { stand in
            let answer = try await RawClient.exchange(
                Self.converse(
                    "hi", operation: "converse-stream",
                    more: #","streamProcessingMode":"sync","trace":"enabled_full""#),
                port: stand.server.port)
            #expect(Self.text(of: answer) == "Write to {EMAIL} soon. Bye")
            #expect(answer.contains(#""stopReason":"end_turn""#))
            #expect(answer.contains(#""outputAssessments":{"gr1":[{"#))
            #expect(answer.contains(#""match":"bob@example.org""#))
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 5)])
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: ["converse-stream", "invoke-with-response-stream"])
    func `a stream that is blocked ends with the message, and charges what was made`(
        operation: String
    ) async throws {
        // The rest waits: the gateway must not wait for it.
        var script = Self.stream(["Well, ", "a forbid", "den fr", "uit ", "and more"])
        script.sentAtOnce = 5
        try await Self.run(script) { stand in
            let isConverse = operation == "converse-stream"
            let answer = try await RawClient.exchange(
                isConverse
                    ? Self.converse("hi", operation: operation)
                    : Self.invoke("hi", operation: operation),
                port: stand.server.port)
            if isConverse {
                #expect(Self.text(of: answer) == "Well, a Not that.")
                #expect(answer.contains(#""stopReason":"guardrail_intervened""#))
                #expect(answer.contains(#""outputTokens":4"#) && answer.contains("latencyMs"))
                #expect(!answer.contains("fr"), "Nothing of what is blocked is delivered.")
            }
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.stoppedAtLimit])
            #expect(settled.map(\.billed) == [TokenCounts(input: 5, output: 4)])
            try await stand.expectNothingHeld()
        }
    }

    /// A mask cannot be put on what has been given out: there, texts are held back all the same.
    @Test(arguments: [
        ("gr3", "async", "Well, a forbidden frNot that."), ("gr3", "sync", "Well, a Not that."),
        ("gr1", "async", "Well, a Not that."),
    ])
    func `a stream that is not held back ends where something is found`(
        guardrail: String, mode: String, told: String
    ) async throws {
        var script = Self.stream(["Well, ", "a forbid", "den fr", "uit ", "and more"])
        script.sentAtOnce = 5
        try await Self.run(script) { stand in
            let answer = try await RawClient.exchange(
                Self.converse(
                    "hi", operation: "converse-stream", guardrail: guardrail,
                    more: #","streamProcessingMode":"\#(mode)""#), port: stand.server.port)
            #expect(Self.text(of: answer) == told)
            #expect(answer.contains(#""stopReason":"guardrail_intervened""#))
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 4)])
            try await stand.expectNothingHeld()
        }
    }

    /// What is over only with the text is found too.
    @Test func `what is found at the very end is told`() async throws {
        try await Self.run(Self.stream(["a forbidden", " fruit"])) { stand in
            let answer = try await RawClient.exchange(
                Self.converse(
                    "hi", operation: "converse-stream", guardrail: "gr3",
                    more: #","streamProcessingMode":"async""#), port: stand.server.port)
            #expect(Self.text(of: answer) == "a forbidden fruitNot that.")
            #expect(answer.contains("guardrail_intervened"))
        }
    }

    @Test(arguments: [("gr1", "2"), ("gr2", "1"), ("gr1", "DRAFT")])
    func `a guardrail that is not there is refused`(name: String, version: String) async throws {
        try await Self.run(Self.plain("ho")) { stand in
            let answer = try await RawClient.exchange(
                Self.converse("hi", guardrail: name, version: version), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("\r\nx-amzn-errortype: ValidationException\r\n"))
            #expect(stand.engine.requests == 0)
            let named = try await RawClient.exchange(
                Self.converse(
                    "forbidden fruit",
                    guardrail: "arn:aws:bedrock:us-east-1:000000000000:guardrail/gr1"),
                port: stand.server.port)
            #expect(named.contains("guardrail_intervened"))
        }
    }

    /// However the engine cuts its text into chunks.
    @Test func `the same is delivered wherever an answer is cut`() throws {
        let guarding = try Guarding(
            GuardrailEntry(Self.terms),
            GuardrailChoice(identifier: "gr1", version: "1", traces: false))
        let request = AnsweredRequest(request: "req_1", model: "m")
        for (said, told) in [
            ("to a.b@c.org: T-12 T-123!", "to {EMAIL}: T-12 T-123!"),
            ("T-1234 a@b.co", "Not that."), ("a@b.co", "{EMAIL}"),
        ] {
            let cuts = (0...said.count).map { [said.prefix($0), said.dropFirst($0)] }
            for pieces in cuts + [said.indices.map { said[$0...$0] }] {
                var stream: any DialectStream = FilteredStream(
                    ConverseDialect.stream(for: request), filter: guarding.answerFilter(),
                    for: request)
                var bytes: [UInt8] = []
                for piece in pieces { try Self.give(piece, to: &stream, &bytes) }
                stream.end(
                    usage: EngineUsage(
                        promptTokens: 1, cachedTokens: 0, completionTokens: 1,
                        reasoningTokens: 0), stop: nil, after: 1, into: &bytes)
                let answer = String(decoding: bytes, as: UTF8.self)
                #expect(Self.text(of: answer) == told, "\(pieces)")
                #expect(stream.isBlocked == told.hasSuffix("Not that."))
                #expect(stream.isBlocked == answer.contains("guardrail_intervened"))
            }
        }
    }

    private static func give(
        _ piece: Substring, to stream: inout any DialectStream, _ bytes: inout [UInt8]
    ) throws {
        let event = Array(
            #"data: {"choices":[{"index":0,"delta":{"content":"\#(piece)"}}]}"#.utf8)
        try event.withUnsafeBytes { event in
            let frame = try ChatFrame.scan(event)
            try stream.take(
                UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
        }
    }
}
