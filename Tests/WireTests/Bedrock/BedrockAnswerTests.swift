import Foundation
import Testing
import Vocabulary

@testable import Wire

@Suite(.timeLimit(.minutes(1)))
struct BedrockAnswerTests {
    private static let usage = EngineUsage(
        promptTokens: 7, cachedTokens: 2, completionTokens: 3, reasoningTokens: 1)

    private func answer(
        _ message: String, finish: String = "stop",
        by dialect: any BedrockDialect.Type = ConverseDialect.self, memo: String = ""
    ) throws -> [String: Any] {
        let body =
            #"{"id":"c","model":"up","choices":[{"index":0,"finish_reason":"\#(finish)","#
            + #""message":\#(message)}],"timings":{"a":1}}"#
        let request = AnsweredRequest(
            request: "req_7", model: "m", memo: Array(memo.utf8), milliseconds: 41)
        let bytes = try Array(body.utf8).withUnsafeBytes {
            try dialect.answer($0, to: request, usage: Self.usage)
        }
        let object = try JSONSerialization.jsonObject(with: Data(bytes))
        return try #require(object as? [String: Any])
    }

    private func content(_ answer: [String: Any]) -> NSArray? {
        ((answer["output"] as? [String: Any])?["message"] as? [String: Any])?["content"] as? NSArray
    }

    @Test func anAnswerHasAllThatConversePromises() throws {
        let answer = try answer(
            #"{"role":"assistant","content":"ho\n","reasoning_content":"hm"}"#,
            memo: #","performanceConfig":{"latency":"standard"}"#)
        #expect(
            content(answer) == [
                ["reasoningContent": ["reasoningText": ["text": "hm"]]], ["text": "ho\n"],
            ])
        #expect(answer["stopReason"] as? String == "end_turn")
        #expect(
            answer["usage"] as? [String: Int] == [
                "inputTokens": 5, "outputTokens": 3, "totalTokens": 10, "cacheReadInputTokens": 2,
                "cacheWriteInputTokens": 0,
            ])
        #expect(answer["metrics"] as? [String: Int] == ["latencyMs": 41])
        #expect(answer["performanceConfig"] as? [String: String] == ["latency": "standard"])
    }

    @Test(arguments: [
        (#"{\"a\":1}"#, "tool_calls", "tool_use"), (#"{\"a\":1}"#, "stop", "tool_use"),
        (#"{\"a\":"#, "tool_calls", "malformed_tool_use"), (#"{\"a\":"#, "length", "max_tokens"),
        (#""#, "stop", "tool_use"),
    ])
    func toolCallsAreBlocks(arguments: String, finish: String, reason: String) throws {
        let answer = try answer(
            #"{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"\#(arguments)"}}]}"#,
            finish: finish)
        #expect(answer["stopReason"] as? String == reason)
        let call = ((content(answer)?[0] as? [String: Any])?["toolUse"]) as? [String: Any]
        #expect(call?["toolUseId"] as? String == "tooluse_7_0")
        let input = call?["input"] as? NSDictionary
        switch arguments {
        case "": #expect(input == [:])
        case #"{\"a\":1}"#: #expect(input == ["a": 1])
        default: #expect(input == ["malformed_arguments": #"{"a":"#])
        }
    }

    @Test(arguments: [("length", "max_tokens"), ("content_filter", "content_filtered")])
    func reasonsHaveTheirNames(finish: String, reason: String) throws {
        #expect(
            try answer(#"{"content":"a"}"#, finish: finish)["stopReason"] as? String == reason)
    }

    @Test func nativeFormsComeBackAsTheyWereAsked() throws {
        let messages = try answer(#"{"content":"a"}"#, by: InvokeDialect.self, memo: "m")
        #expect(messages["type"] as? String == "message")
        let chat = try answer(#"{"content":"a"}"#, by: InvokeDialect.self, memo: "c")
        #expect(chat["model"] as? String == "m" && chat["choices"] != nil)
        #expect(chat["timings"] == nil)
    }

    @Test(arguments: [
        (
            #"{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"#
                + #""messages":[{"role":"user","content":"hi"}]}"#, "m",
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#
        ),
        (
            #"{"messages":[{"role":"user","content":"hi"}],"max_tokens":9,"model":"m","n":1}"#, "c",
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#
        ),
    ])
    func nativeBodiesAreUnderstood(body: String, memo: String, chat: String) throws {
        let plain = try translateForBedrock(body, by: InvokeDialect.self)
        #expect(String(decoding: plain.memo, as: UTF8.self) == memo)
        try expect(plain, says: chat)
        try expect(
            translateForBedrock(body, by: InvokeDialect.self, streams: true),
            says: chat.dropLast() + #","stream":true}"#)
    }

    @Test(arguments: [
        #"{"prompt":"hi"}"#, #"{"messages":[],"model":"other"}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"n":2}"#,
        #"{"anthropic_version":"2023-06-01","max_tokens":9,"messages":[]}"#,
        #"{"anthropic_version":"bedrock-2023-05-31","model":"m","max_tokens":9,"#
            + #""messages":[{"role":"user","content":"hi"}]}"#,
    ])
    func otherBodiesAreRefused(body: String) {
        #expect(throws: Failure.self) { try translateForBedrock(body, by: InvokeDialect.self) }
    }

    @Test(arguments: [
        ("/model/m/converse", "m", BedrockTarget.Operation.converse),
        ("/model/a.b-v1%3A0/converse-stream", "a.b-v1:0", .converseStream),
        ("/model/a%2Fb/invoke", "a/b", .invoke),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fa.b-v1%3a0/count-tokens",
            "a.b-v1:0", .countTokens
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fm"
                + "/invoke-with-response-stream", "m", .invokeStream
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2Fx/converse",
            "arn:aws:bedrock:us-east-1:123456789012:prompt/x", .converse
        ),
    ])
    func addressesNameModelAndOperation(
        path: String, model: String, operation: BedrockTarget.Operation
    ) {
        let target = BedrockTarget(path: path)
        #expect(target?.model == model && target?.operation == operation)
    }

    @Test(arguments: [
        "/model/", "/model/m", "/model/m/", "/model//converse", "/model/m/other",
        "/model/a/b/converse", "/model/%zz/converse", "/model/%ff/converse",
    ])
    func otherAddressesNameNothing(path: String) {
        #expect(BedrockTarget(path: path) == nil)
    }

    /// Names and statuses as botocore's service model has them.
    @Test func everyCodeHasItsException() {
        let expected: [Failure.Code: (String, Int)] = [
            .invalidRequest: ("ValidationException", 400),
            .insufficientQuota: ("ServiceQuotaExceededException", 400),
            .unauthenticated: ("AccessDeniedException", 403),
            .modelNotFound: ("ResourceNotFoundException", 404),
            .notFound: ("ResourceNotFoundException", 404),
            .timeout: ("ModelTimeoutException", 408),
            .engineFailed: ("ModelErrorException", 424),
            .rateLimited: ("ThrottlingException", 429),
            .modelWarming: ("ModelNotReadyException", 429),
            .internalError: ("InternalServerException", 500),
            .overloaded: ("ServiceUnavailableException", 503),
        ]
        for (code, (name, status)) in expected {
            let headers = ConverseDialect.errorHeaders(Failure(code, "x"))
            #expect(headers.map(\.name) == ["x-amzn-errortype"])
            #expect(headers.map(\.value) == [name])
            #expect(ConverseDialect.status(of: code) == status)
        }
        for code in Failure.Code.allCases {
            #expect((400...503).contains(InvokeDialect.status(of: code)))
        }
    }

    @Test(arguments: 0..<40)
    func bytesSurviveBase64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        var text: [UInt8] = []
        bytes.withUnsafeBytes { Base64.append($0, to: &text) }
        #expect(Data(text) == Data(bytes).base64EncodedData())
        #expect(text.withUnsafeBytes { Base64.decoded($0) } == bytes)
        if count > 0 {
            #expect(text.dropLast().withUnsafeBytes { Base64.decoded($0) } == nil)
        }
    }
}
