import Foundation
import Testing
import Vocabulary

@testable import Wire

/// What a request marks for a guardrail, in Converse by blocks, in InvokeModel by tags.
@Suite(.timeLimit(.minutes(1)))
struct GuardrailScopeTests {
    private static let named =
        #","guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"}}"#

    /// The texts that a guardrail would look at, and the request with each of them in capitals.
    private func looked(_ request: TranslatedRequest) throws -> (texts: [String], body: String) {
        let scope = try #require(request.guardrail).scope
        var texts: [String] = []
        let body = try request.body.withUnsafeBytes { bytes in
            try ChatTexts.rewritten(request: bytes, in: scope) { text throws(Failure) in
                texts.append(text)
                return text.uppercased()
            }
        }
        return (texts, String(decoding: body ?? request.body, as: UTF8.self))
    }

    private static func guarded(_ text: String) -> String {
        #"{"guardContent":{"text":{"text":"\#(text)","qualifiers":["guard_content"]}}}"#
    }

    @Test(arguments: [
        (#"[{"text":"s"}]"#, #"[{"text":"a"}]"#, ["a"]),
        (#"[{"text":"s"}]"#, "[\(guarded("a\\n"))]", ["a\n"]),
        (#"[{"text":"s"}]"#, #"[{"text":"a"},\#(guarded("b")),{"text":"c"}]"#, ["b"]),
        ("[\(guarded("s"))]", #"[{"text":"a"}]"#, ["s", "a"]),
        (#"[\#(guarded("s")),{"text":"t"}]"#, #"[\#(guarded("a")),{"text":"b"}]"#, ["s", "a"]),
    ])
    func `marked blocks are looked at instead of those beside them`(
        system: String, content: String, texts: [String]
    ) throws {
        let messages =
            #"[{"role":"user","content":\#(content)},"#
            + #"{"role":"assistant","content":[{"text":"q"}]}]"#
        let looked = try looked(
            translateForBedrock(#"{"system":\#(system),"messages":\#(messages)\#(Self.named)"#))
        let all = content.contains("guardContent") ? texts : texts + ["q"]
        #expect(looked.texts == all)
        for text in texts where text != "a\n" {
            #expect(looked.body.contains("\"\(text.uppercased())\""))
        }
        #expect(looked.body.contains(#""Q""#) == all.contains("q"))
    }

    @Test func `a marked text is text for the model`() throws {
        let body = #"{"messages":[{"role":"user","content":[{"text":"a"},\#(Self.guarded("b"))]}]"#
        let chat =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},"#
            + #"{"type":"text","text":"b"}]}]}"#
        try expect(translateForBedrock(body + Self.named), says: chat)
        try expect(translateForBedrock(body + "}"), says: chat)
    }

    @Test(arguments: [
        (#"{"image":{}}"#, Failure.Code.unsupported, "guardContent.image"),
        (#"{"text":{"text":""}}"#, .invalidRequest, "guardContent.text.text"),
        (#"{"text":{}}"#, .invalidRequest, "guardContent.text.text"),
        (#"{"video":{}}"#, .invalidRequest, "guardContent"),
        (
            #"{"text":{"text":"a","qualifiers":["guard_content","query"]}}"#, .unsupported,
            "guardContent.text.qualifiers"
        ),
    ])
    func `what is not offered is refused by name`(
        block: String, code: Failure.Code, path: String
    ) {
        #expect {
            try translateForBedrock(
                #"{"messages":[{"role":"user","content":[{"guardContent":\#(block)}]}]}"#)
        } throws: { error in
            let failure = error as? Failure
            return failure?.code == code && failure?.parameter == "messages.0.content.0.\(path)"
        }
    }

    // MARK: Tags

    private static func invoke(
        _ content: String, config: String = #"{"tagSuffix":"x1"}"#, form: String = "",
        isNamed: Bool = true
    ) throws(Failure) -> TranslatedRequest {
        let body = Array(
            (#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":\#(content)}]"#
                + #"\#(form),"amazon-bedrock-guardrailConfig":\#(config)}"#).utf8)
        var address = DialectAddress(purpose: .answer, model: "m")
        if isNamed {
            address.guardrail = GuardrailChoice(identifier: "g", version: "1", traces: false)
        }
        let result = body.withUnsafeBytes { bytes in
            Result { () throws(Failure) in try InvokeDialect.translate(bytes, at: address) }
        }
        return try result.get()
    }

    private static let open = "<amazon-bedrock-guardrails-guardContent_x1>"
    private static let close = "</amazon-bedrock-guardrails-guardContent_x1>"

    @Test(arguments: [
        ("a", "a", ["a"]), ("1 < 2 </p>", "1 < 2 </p>", ["1 < 2 </p>"]),
        ("a \(open)b\\n\(close) c", "a b\\n c", ["b\n"]),
        (#"\u003c\#(open.dropFirst())é<b<\#(close)"#, "é<b<", ["é<b<"]),
        ("\(open)a\(close) or \(open)b\(close)", "a or b", ["a", "b"]),
        ("\(open)\(close)a", "a", []),
        (
            "<amazon-bedrock-guardrails-guardContent_x2>",
            "<amazon-bedrock-guardrails-guardContent_x2>",
            ["<amazon-bedrock-guardrails-guardContent_x2>"]
        ),
    ])
    func `tags say what is looked at, and the model sees none`(
        content: String, told: String, texts: [String]
    ) throws {
        for form in ["", #","anthropic_version":"bedrock-2023-05-31","max_tokens":9"#] {
            for content in [#""\#(content)""#, #"[{"type":"text","text":"\#(content)"}]"#] {
                let request = try Self.invoke(content, form: form)
                #expect(try looked(request).texts == texts)
                let chat = String(decoding: request.body, as: UTF8.self)
                #expect(chat.contains(#""\#(told)""#), "\(chat)")
                #expect(!chat.contains("_x1") && JSONText.isObject(request.body))
            }
        }
    }

    @Test func `what stands outside the tags is left as it is`() throws {
        let request = try Self.invoke("\"a \(Self.open)b\(Self.close) \(Self.open)c\(Self.close)\"")
        #expect(try looked(request).body.contains(#""a B C""#))
    }

    @Test(arguments: [
        "\(open)a", "a\(close)", "\(open)\(open)a\(close)", "\(open)a\(close)\(close)",
    ])
    func `tags out of place are refused`(content: String) {
        #expect(throws: Failure.self) { try Self.invoke(#""\#(content)""#) }
    }

    @Test(arguments: [
        (#"{"tagSuffix":""}"#, "tagSuffix"), (#"{"tagSuffix":"a-b"}"#, "tagSuffix"),
        (#"{"tagSuffix":"123456789012345678901"}"#, "tagSuffix"),
        (#"{"streamProcessingMode":"async"}"#, "streamProcessingMode"), (#"{"a":1}"#, "a"),
    ])
    func `what is wrong with the configuration is named`(config: String, name: String) {
        #expect {
            try Self.invoke(#""a""#, config: config)
        } throws: { error in
            (error as? Failure)?.parameter == "amazon-bedrock-guardrailConfig.\(name)"
        }
    }

    @Test func `the configuration needs a guardrail`() throws {
        #expect(throws: Failure.self) { try Self.invoke(#""a""#, isNamed: false) }
        let asked = try Self.invoke(
            #""a""#, config: #"{"streamProcessingMode":"ASYNCHRONOUS"}"#)
        #expect(asked.guardrail?.isAsynchronous == true && asked.guardrail?.scope == .init())
        let converse = Self.named.dropLast(2) + #","streamProcessingMode":"async"}}"#
        let other = try translateForBedrock(
            #"{"messages":[{"role":"user","content":[{"text":"a"}]}]\#(converse)"#)
        #expect(other.guardrail?.isAsynchronous == true)
    }
}
