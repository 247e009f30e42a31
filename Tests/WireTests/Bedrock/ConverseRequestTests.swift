import Foundation
import Testing
import Vocabulary

@testable import Wire

/// Translates a body of Bedrock's for the model `m`.
func translateForBedrock(
    _ body: String, by dialect: any BedrockDialect.Type = ConverseDialect.self,
    for purpose: DialectPurpose = .answer, streams: Bool = false
) throws(Failure) -> TranslatedRequest {
    let bytes = Array(body.utf8)
    let result = bytes.withUnsafeBytes { body in
        Result { () throws(Failure) in
            try dialect.translate(
                body, at: DialectAddress(purpose: purpose, model: "m", streams: streams))
        }
    }
    return try result.get()
}

/// That a translated body says the same as `chat`, and that the core can read it.
func expect(_ translated: TranslatedRequest, says chat: String) throws {
    let made = try JSONSerialization.jsonObject(with: Data(translated.body)) as? NSDictionary
    let wanted = try JSONSerialization.jsonObject(with: Data(chat.utf8)) as? NSDictionary
    #expect(made == wanted, "\(String(decoding: translated.body, as: UTF8.self))")
    _ = try translated.body.withUnsafeBytes {
        try OpenAIRequestScanner.scan($0, operation: .chat)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ConverseRequestTests {
    /// A request with one message and these members besides.
    private static func request(_ members: String) -> String {
        #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]\#(members)}"#
    }

    private static func conversation(_ messages: String) -> String {
        #"{"messages":[\#(messages)]}"#
    }

    @Test(arguments: [
        ("", ""), (#","system":[{"text":"be brief"}]"#, ""), (#","requestMetadata":{"a":"b"}"#, ""),
        (
            #","inferenceConfig":{"maxTokens":9,"temperature":0.5,"topP":1,"stopSequences":["x"]}"#,
            #","max_tokens":9,"temperature":0.5,"top_p":1,"stop":["x"]"#
        ),
        (
            #","additionalModelRequestFields":{"top_k":3,"seed":4,"thinking":{"type":"disabled"}}"#,
            #","top_k":3,"seed":4,"chat_template_kwargs":{"enable_thinking":false}"#
        ),
        (#","additionalModelResponseFieldPaths":["/stop_sequence"]"#, ""),
        (
            #","outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":"#
                + #"{"schema":"{\"type\":\"object\"}","name":"n"}}}}"#,
            #","response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"#
                + #""schema":{"type":"object"}}}"#
        ),
        (#","outputConfig":{"effort":"medium"}"#, #","reasoning_effort":"medium""#),
        (
            #","toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":"#
                + #"{"json":{"type":"object"}}}},{"cachePoint":{"type":"default"}}],"#
                + #""toolChoice":{"any":{}}}"#,
            #","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":"#
                + #"{"type":"object"}}}],"tool_choice":"required""#
        ),
        (
            #","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}},"#
                + #"{"toolSpec":{"name":"g","inputSchema":{"json":{}},"strict":true}}],"#
                + #""toolChoice":{"tool":{"name":"g"}}}"#,
            #","tools":[{"type":"function","function":{"name":"g","parameters":{},"strict":true}}],"#
                + #""tool_choice":"required""#
        ),
    ])
    func membersHaveTheirCounterparts(members: String, chat: String) throws {
        let system =
            members.contains("system") ? #"{"role":"system","content":"be brief"},"# : ""
        try expect(
            translateForBedrock(Self.request(members)),
            says: #"{"model":"m","messages":[\#(system){"role":"user","content":"hi"}]\#(chat)}"#)
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"text":"a"},{"cachePoint":{"type":"default","ttl":"1h"}},"#
                + #"{"image":{"format":"png","source":{"bytes":"QQ=="}}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}"#
        ),
        (
            #"{"role":"user","content":[{"text":"a"},{"document":{"format":"txt","name":"n","#
                + #""source":{"bytes":"eMO2CiI="}}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},"#
                + #"{"type":"text","text":"n\n\nxö\n\""}]}"#
        ),
        (
            #"{"role":"user","content":[{"text":"a"},{"document":{"name":"n","context":"c","#
                + #""source":{"content":[{"text":"x"},{"text":"y"}]}}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},"#
                + #"{"type":"text","text":"n\n\nc\n\nx\ny"}]}"#
        ),
        (
            #"{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","#
                + #""signature":"s"}}},{"text":"so"},{"toolUse":{"toolUseId":"i","name":"f","#
                + #""input":{"a":"\""}}}]},{"role":"user","content":[{"text":"and?"},"#
                + #"{"toolResult":{"toolUseId":"i","content":[{"json":{"b":1}}],"#
                + #""status":"success"}},{"toolResult":{"toolUseId":"j","content":[{"text":"no"}],"#
                + #""status":"error"}}]}"#,
            #"{"role":"assistant","content":"so","reasoning_content":"hm","tool_calls":[{"id":"i","#
                + #""type":"function","function":{"name":"f","arguments":"{\"a\":\"\\\"\"}"}}]},"#
                + #"{"role":"tool","tool_call_id":"i","content":"{\"b\":1}"},"#
                + #"{"role":"tool","tool_call_id":"j","content":"Error: no"},"#
                + #"{"role":"user","content":"and?"}"#
        ),
    ])
    func blocksBecomeMessages(messages: String, chat: String) throws {
        try expect(
            translateForBedrock(Self.conversation(messages)),
            says: #"{"model":"m","messages":[\#(chat)]}"#)
    }

    @Test(arguments: [
        (request(#","foo":1"#), Failure.Code.invalidRequest, "foo"),
        (
            request(#","guardrailConfig":{}"#), .invalidRequest,
            "guardrailConfig.guardrailIdentifier"
        ),
        (
            request(
                #","guardrailConfig":{"guardrailIdentifier":"a","guardrailVersion":"1","#
                    + #""trace":1}"#),
            .invalidRequest, "guardrailConfig.trace"
        ),
        (request(#","promptVariables":{}"#), .unsupported, "promptVariables"),
        (request(#","outputConfig":{"effort":""}"#), .invalidRequest, "outputConfig.effort"),
        (
            request(
                #","outputConfig":{"textFormat":{}},"toolConfig":{"tools":[{"toolSpec":"#
                    + #"{"name":"f","inputSchema":{"json":{}}}}]}"#),
            .unsupported, "outputConfig.textFormat"
        ),
        (
            request(
                #","outputConfig":{"effort":"low"},"#
                    + #""additionalModelRequestFields":{"reasoning_effort":"low"}"#),
            .invalidRequest, "outputConfig.effort"
        ),
        (#"{"system":[]}"#, .invalidRequest, "messages"),
        (conversation(#"{"role":"user","content":[]}"#), .invalidRequest, "messages.0.content"),
        (conversation(#"{"role":"user","content":"hi"}"#), .invalidRequest, "messages.0.content"),
        (
            conversation(#"{"role":"tool","content":[{"text":"a"}]}"#), .invalidRequest,
            "messages.0.role"
        ),
        (
            conversation(#"{"role":"user","content":[{"text":"a","json":{}}]}"#), .invalidRequest,
            "messages.0.content.0"
        ),
        (
            conversation(#"{"role":"user","content":[{"video":{}}]}"#), .unsupported,
            "messages.0.content.0"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"document":{"format":"pdf","name":"n","source":{"bytes":"QQ=="}}}]}"#
            ), .unsupported, "messages.0.content.0.document.format"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"document":{"name":"n","source":{"bytes":"/w=="}}}]}"#),
            .invalidRequest, "messages.0.content.0.document.source.bytes"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"image":{"format":"png","source":{"s3Location":{"uri":"s3://a/b"}}}}]}"#
            ), .unsupported, "messages.0.content.0.image.source.s3Location"
        ),
        (
            request(#","inferenceConfig":{"temperature":1.5}"#), .invalidRequest,
            "inferenceConfig.temperature"
        ),
        (
            request(#","inferenceConfig":{"stopSequences":["1","2","3","4","5"]}"#),
            .invalidRequest, "inferenceConfig.stopSequences"
        ),
        (
            request(#","serviceTier":{"type":"express"}"#), .invalidRequest, "serviceTier.type"
        ),
        (
            request(#","additionalModelRequestFields":{"cache_salt":"x"}"#), .invalidRequest,
            "additionalModelRequestFields.cache_salt"
        ),
        (
            request(#","toolConfig":{"tools":[{"systemTool":{"name":"s"}}]}"#), .unsupported,
            "toolConfig.tools.0.toolSpec"
        ),
        (request(#","requestMetadata":{}"#), .invalidRequest, "requestMetadata"),
    ])
    func whatIsNotOfferedIsRefusedByName(
        body: String, code: Failure.Code, parameter: String
    ) throws {
        let failure = #expect(throws: Failure.self) { try translateForBedrock(body) }
        #expect(failure?.code == code)
        #expect(failure?.parameter == parameter)
    }

    @Test func theAddressSaysWhetherItIsAStream() throws {
        try expect(
            translateForBedrock(Self.request(""), streams: true),
            says: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#)
    }

    @Test func tiersAreToldAsTheyAreServed() throws {
        let translated = try translateForBedrock(
            Self.request(
                #","serviceTier":{"type":"priority"},"performanceConfig":{"latency":"optimized"}"#))
        #expect(
            String(decoding: translated.memo, as: UTF8.self)
                == #","performanceConfig":{"latency":"standard"},"serviceTier":{"type":"default"}"#)
    }

    @Test func tokensAreCountedOfEitherOperation() throws {
        let chat = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#
        let converse = try translateForBedrock(
            #"{"input":{"converse":\#(Self.request(""))}}"#, for: .count)
        try expect(converse, says: chat)
        let native =
            #"{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"#
            + #""messages":[{"role":"user","content":"hi"}]}"#
        let encoded = Data(native.utf8).base64EncodedString()
        let invoke = try translateForBedrock(
            #"{"input":{"invokeModel":{"body":"\#(encoded)"}}}"#, for: .count)
        #expect(
            try OpenAIMembers.messages(of: invoke.body)
                == #"[{"role":"user","content":"hi"}]"#)
        #expect(throws: Failure.self) {
            try translateForBedrock(#"{"input":{"invokeModel":{"body":"?"}}}"#, for: .count)
        }
        #expect(throws: Failure.self) { try translateForBedrock(#"{"input":{}}"#, for: .count) }
    }

    @Test(arguments: 0..<200)
    func anyBytesAreTakenOrRefused(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var body = Array(
            Self.request(
                #","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}}]}"#
            ).utf8)
        for _ in 0..<3 {
            let index = Int(random.next() % UInt64(body.count))
            if random.next() % 2 == 0 { body.remove(at: index) } else { body[index] = 0x22 }
        }
        let text = String(decoding: body, as: UTF8.self)
        if let translated = try? translateForBedrock(text) {
            #expect(JSONText.isObject(translated.body), "\(text)")
        }
    }
}

private enum OpenAIMembers {
    /// The text of `messages`.
    static func messages(of body: [UInt8]) throws -> String {
        try body.withUnsafeBytes { bytes in
            var cursor = try #require(JSONCursor(bytes))
            let members = try cursor.members(of: try cursor.value())
            let messages = try #require(members.value("messages", in: cursor))
            return String(decoding: cursor.bytes(messages.range), as: UTF8.self)
        }
    }
}
