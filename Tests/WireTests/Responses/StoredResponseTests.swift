import Testing
import Vocabulary
import Wire

@Suite struct StoredResponseTests {
    private static let identifier = "resp_01abc"

    private static func keeping(_ body: String) throws -> ResponseKeeping? {
        try Array(body.utf8).withUnsafeBytes { try ResponseKeeping($0) }
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    @Test func `it is kept unless it says otherwise`() throws {
        for (member, expected) in [
            ("", true), (#","store":true"#, true), (#","store":null"#, true),
            (#","store":false"#, false), (#","store":1"#, false),
        ] {
            let keeping = try Self.keeping(#"{"model":"m","input":"hi"\#(member)}"#)
            #expect(keeping?.stores == expected, "\(member)")
        }
        #expect(try Self.keeping(#"{"model":"m"}"#) == nil)
        #expect(try Self.keeping("[]") == nil)
        #expect(throws: Failure.self) {
            try Self.keeping(#"{"input":"hi","previous_response_id":7}"#)
        }
    }

    @Test(arguments: [
        (
            #"{"input":"hi","model":"m"}"#, #"{"a":1},{"b":2}"#,
            #"{"input":[{"a":1},{"b":2},{"type":"message","role":"user","content":"hi"}],"model":"m"}"#
        ),
        (
            #"{"model":"m","input": [{"role":"user","content":"hi"}] }"#, #"{"a":1}"#,
            #"{"model":"m","input": [{"a":1},{"role":"user","content":"hi"}] }"#
        ),
        (#"{"input":[]}"#, #"{"a":1}"#, #"{"input":[{"a":1}]}"#),
        (#"{"input":"hi"}"#, "", #"{"input":[{"type":"message","role":"user","content":"hi"}]}"#),
    ])
    func `a conversation comes before the input`(
        body: String, conversation: String, expected: String
    ) throws {
        let keeping = try #require(try Self.keeping(body))
        let whole = Array(body.utf8).withUnsafeBytes {
            keeping.body($0, after: Array(conversation.utf8))
        }
        #expect(Self.text(whole) == expected)
    }

    @Test(arguments: [nil, "resp_00\"x"])
    func `what is kept is read again as it was`(previous: String?) throws {
        let stored = StoredResponse(
            previous: previous, input: Array(#""a \"text\"""#.utf8),
            response: Array(#"{"id":"resp_1","temperature":0.10,"output":[]}"#.utf8))
        #expect(try StoredResponse(bytes: stored.bytes) == stored)
        #expect(throws: Failure.self) { try StoredResponse(bytes: []) }
        #expect(throws: Failure.self) { try StoredResponse(bytes: Array(#"{"input":1}"#.utf8)) }
    }

    @Test func `items have names, and their content is parts`() throws {
        let stored = StoredResponse(
            previous: nil,
            input: Array(
                (#"[{"role":"user","content":"a"},"#
                    + #"{"role":"assistant","content":"b","type":"message"},"#
                    + #"{"type":"function_call_output","id":"fco","call_id":"c","output":"d"}]"#)
                    .utf8),
            response: Array(#"{"output":[{"id":"msg_1","type":"message","status":"x"}]}"#.utf8))
        let items = try stored.inputItems(of: Self.identifier)
        #expect(items.map(\.identifier) == ["msg_01abc_in0", "msg_01abc_in1", "fco"])
        #expect(
            items.map { Self.text($0.json) } == [
                #"{"id":"msg_01abc_in0","type":"message","status":"completed","role":"user","#
                    + #""content":[{"type":"input_text","text":"a"}]}"#,
                #"{"id":"msg_01abc_in1","status":"completed","role":"assistant","content":"#
                    + #"[{"type":"output_text","text":"b","annotations":[],"logprobs":[]}],"#
                    + #""type":"message"}"#,
                #"{"type":"function_call_output","id":"fco","call_id":"c","output":"d"}"#,
            ])
        #expect(try stored.outputItems().map(\.identifier) == ["msg_1"])
        let plain = StoredResponse(
            previous: nil, input: Array(#""hi""#.utf8), response: Array("{}".utf8))
        #expect(try plain.inputItems(of: Self.identifier).count == 1)
    }

    @Test func `its name leads to its request`() {
        let request = RequestID(high: 7, low: 9)
        let tail = "\(request)".dropFirst("req_".count)
        #expect(StoredResponse.request(of: "resp_\(tail)") == request)
        for other in ["resp_", "resp_1", "\(request)", "resp_\(tail)x", "resp_%2e"] {
            #expect(StoredResponse.request(of: other) == nil)
        }
    }

    @Test(arguments: ["5", "null", "{}", "[1]", "true"])
    func `an item's name that is no text is none`(name: String) throws {
        let stored = StoredResponse(
            previous: nil, input: Array(#"[{"role":"user","content":"hi","id":\#(name)}]"#.utf8),
            response: Array(#"{"output":[]}"#.utf8))
        #expect(try stored.inputItems(of: Self.identifier).map(\.identifier) == ["msg_01abc_in0"])
    }
}
