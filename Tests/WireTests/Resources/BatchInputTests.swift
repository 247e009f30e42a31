import Testing
import Vocabulary
import Wire

@Suite struct BatchInputTests {
    private static let address = "/v1/chat/completions"

    private static func read(_ text: String) throws -> (BatchInputLine, String) {
        let bytes = Array(text.utf8)
        let line = try bytes.withUnsafeBytes { bytes throws(Failure) in
            try BatchInput.openAI(bytes, address: address)
        }
        return (line, String(decoding: bytes[line.body], as: UTF8.self))
    }

    @Test func `a line says its name, its model and its request`() throws {
        let (line, body) = try Self.read(
            #"{"custom_id":"é1","method":"POST","url":"/v1/chat/completions","#
                + #""body":{"model":"m","n":1}}"#
        )
        #expect(line.customID == "é1" && line.model == "m")
        #expect(body == #"{"model":"m","n":1}"#)
    }

    @Test(arguments: [
        ("{", "JSON"), ("[]", "object"), ("", "empty"),
        (#"{"custom_id":"a","url":"/v1/embeddings","body":{"model":"m"}}"#, "url"),
        (#"{"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{}}"#, "method"),
        (#"{"url":"/v1/chat/completions","body":{"model":"m"}}"#, "custom_id"),
        (#"{"custom_id":"","url":"/v1/chat/completions","body":{"model":"m"}}"#, "custom_id"),
        (#"{"custom_id":"a","url":"/v1/chat/completions","body":"m"}"#, "body"),
        (#"{"custom_id":"a","url":"/v1/chat/completions","body":{}}"#, "body.model"),
        (
            #"{"custom_id":"a","url":"/v1/chat/completions","body":{"model":"m","stream":true}}"#,
            "stream"
        ),
    ])
    func `what cannot run is refused by name`(text: String, mention: String) {
        let failure = #expect(throws: Failure.self) { try Self.read(text) }
        #expect(failure?.message.contains(mention) == true)
    }

    @Test func `a list of requests says each one's place`() throws {
        let text =
            #"{"requests":[{"custom_id":"a","params":{"model":"m","max_tokens":1}},"#
            + #"{"params":{"model":"n"},"custom_id":"b"}]}"#
        let bytes = Array(text.utf8)
        let lines = try bytes.withUnsafeBytes { bytes throws(Failure) in
            try BatchInput.anthropic(bytes)
        }
        #expect(lines.map(\.customID) == ["a", "b"])
        #expect(
            lines.map { String(decoding: bytes[$0.body], as: UTF8.self) } == [
                #"{"model":"m","max_tokens":1}"#, #"{"model":"n"}"#,
            ])
    }

    @Test func `a record of Bedrock's says its name, or gets one`() throws {
        func read(_ text: String) throws -> (String, String) {
            let bytes = Array(text.utf8)
            let line = try bytes.withUnsafeBytes { bytes throws(Failure) -> BatchInputLine in
                try BatchInput.bedrock(bytes, number: 42, model: "m")
            }
            return (line.customID, String(decoding: bytes[line.body], as: UTF8.self))
        }
        let named = try read(#"{"recordId":"A1","modelInput":{"a":1},"more":2}"#)
        #expect(named == ("A1", #"{"a":1}"#))
        #expect(try read(#"{"modelInput":{}}"#) == ("RECORD00042", "{}"))
        for (text, mention) in [
            (#"{"recordId":7,"modelInput":{}}"#, "recordId"), (#"{"recordId":"a"}"#, "modelInput"),
            (#"{"recordId":"","modelInput":{}}"#, "recordId"),
            (#"{"recordId":"a\u0000b","modelInput":{}}"#, "NUL"),
            (#"{"modelInput":"x"}"#, "modelInput"), ("[]", "object"),
        ] {
            let failure = #expect(throws: Failure.self) { try read(text) }
            #expect(failure?.message.contains(mention) == true, "\(text)")
        }
    }

    @Test func `a result of Bedrock's repeats what was asked`() {
        let request = RequestID(high: 0, low: 2)
        func result(_ end: BatchLineEnd) -> String {
            String(
                decoding: BatchOutput.bedrock(recordID: "r", input: Array("{\n}".utf8), end),
                as: UTF8.self)
        }
        func answered(_ status: Int, _ body: String) -> BatchLineEnd {
            .answered(request, status: status, body: Array(body.utf8))
        }
        let start = #"{"recordId":"r","modelInput":{ },"#
        #expect(result(answered(200, #"{"a":1}"#)) == start + "\"modelOutput\":{\"a\":1}}\n")
        #expect(
            result(answered(400, #"{"message":"not \"so\""}"#))
                == start + #""error":{"errorCode":400,"errorMessage":"not \"so\""}}"# + "\n")
        #expect(result(answered(500, "broken")).contains("The request failed."))
        #expect(result(.expired).contains(#""errorCode":408"#))
        #expect(result(.cancelled).contains("stopped before"))
    }

    @Test func `results are one line each, in each dialect's words`() {
        let line = BatchLine(batch: BatchID(high: 0, low: 1), number: 7)
        let request = RequestID(high: 0, low: 2)
        let answered = BatchLineEnd.answered(request, status: 200, body: Array("{\n\"a\":1}".utf8))
        let refused = BatchLineEnd.answered(request, status: 400, body: Array("{}".utf8))
        func openAI(_ end: BatchLineEnd) -> String {
            String(decoding: BatchOutput.openAI(line, customID: "\"x", end), as: UTF8.self)
        }
        func anthropic(_ end: BatchLineEnd) -> String {
            String(decoding: BatchOutput.anthropic(customID: "x", end), as: UTF8.self)
        }
        #expect(
            openAI(answered)
                == "{\"id\":\"\(line.batch)_7\",\"custom_id\":\"\\\"x\",\"response\":"
                + "{\"status_code\":200,\"request_id\":\"\(request)\","
                + "\"body\":{ \"a\":1}},\"error\":null}\n")
        #expect(openAI(.expired).contains(#""error":{"code":"batch_expired""#))
        #expect(openAI(.cancelled).contains(#""response":null"#))
        #expect(
            anthropic(answered)
                == #"{"custom_id":"x","result":{"type":"succeeded","message":{ "a":1}}}"# + "\n")
        #expect(
            anthropic(refused) == #"{"custom_id":"x","result":{"type":"errored","error":{}}}"#
                + "\n"
        )
        #expect(anthropic(.cancelled) == #"{"custom_id":"x","result":{"type":"canceled"}}"# + "\n")
        #expect(anthropic(.expired) == #"{"custom_id":"x","result":{"type":"expired"}}"# + "\n")
    }
}
