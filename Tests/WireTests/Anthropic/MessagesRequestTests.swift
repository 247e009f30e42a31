import Foundation
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(1)))
struct MessagesRequestTests {
    private static func translate(
        _ body: String, for purpose: DialectPurpose = .answer
    ) throws(Failure) -> TranslatedRequest {
        let bytes = Array(body.utf8)
        let result = bytes.withUnsafeBytes { body in
            Result { () throws(Failure) in
                try MessagesDialect.translate(
                    body, at: DialectAddress(purpose: purpose))
            }
        }
        return try result.get()
    }

    /// A request with one message and these members besides.
    private static func request(_ members: String) -> String {
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]\#(members)}"#
    }

    private static func conversation(_ messages: String) -> String {
        #"{"model":"m","max_tokens":9,"messages":[\#(messages)]}"#
    }

    private func expect(_ body: String, becomes chat: String) throws {
        let translated = try Self.translate(body).body
        let made = try JSONSerialization.jsonObject(with: Data(translated)) as? NSDictionary
        let wanted = try JSONSerialization.jsonObject(with: Data(chat.utf8)) as? NSDictionary
        #expect(made == wanted, "\(String(decoding: translated, as: UTF8.self))")
        // The core can read what it is given.
        _ = try translated.withUnsafeBytes {
            try OpenAIRequestScanner.scan($0, operation: .chat)
        }
    }

    @Test(arguments: [
        ("", ""),
        (#","system":"be brief""#, #"{"role":"system","content":"be brief"},"#),
        (
            #","system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]"#,
            #"{"role":"system","content":"a"},"#
        ),
        (
            #","system":[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#,
            #"{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},"#
        ),
    ])
    func `the system prompt is the first message`(members: String, first: String) throws {
        try expect(
            Self.request(members),
            becomes: #"{"model":"m","max_tokens":9,"messages":[\#(first){"role":"user","#
                + #""content":"hi"}]}"#)
    }

    @Test(arguments: [
        (#","temperature":0.5,"top_p":0.9"#, #","temperature":0.5,"top_p":0.9"#),
        (#","top_k":40"#, #","top_k":40"#),
        (#","stop_sequences":["a","\n"]"#, #","stop":["a","\n"]"#),
        (#","stop_sequences":[]"#, ""), (#","stream":true"#, #","stream":true"#),
        (#","metadata":{"user_id":"u"}"#, #","user":"u""#), (#","metadata":{}"#, ""),
        (#","service_tier":"auto","temperature":null"#, ""),
        (#","container":null,"output_config":null,"output_format":null"#, ""),
        (#","output_config":{"format":null,"effort":"low"}"#, #","reasoning_effort":"low""#),
        (#","output_config":{"effort":"max","task_budget":null}"#, #","reasoning_effort":"high""#),
        (
            #","output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}"#,
            #","response_format":{"type":"json_schema","json_schema":{"name":"answer","#
                + #""strict":true,"schema":{"type":"object"}}}"#
        ),
        (
            #","tools":[{"name":"a","input_schema":{}}],"tool_choice":{"type":"none"},"#
                + #""output_config":{"format":{"type":"json_schema","schema":{}}}"#,
            #","tools":[{"type":"function","function":{"name":"a","parameters":{}}}],"#
                + #""tool_choice":"none","response_format":{"type":"json_schema","#
                + #""json_schema":{"name":"answer","strict":true,"schema":{}}}"#
        ),
        (
            #","output_format":{"type":"json_schema","schema":{"type":"null"}},"#
                + #""output_config":{"effort":"xhigh"}"#,
            #","response_format":{"type":"json_schema","json_schema":{"name":"answer","#
                + #""strict":true,"schema":{"type":"null"}}},"reasoning_effort":"high""#
        ),
        (#","cache_control":{"type":"ephemeral","ttl":"1h"}"#, ""),
        (
            #","thinking":{"type":"disabled"}"#,
            #","chat_template_kwargs":{"enable_thinking":false}"#
        ),
        (
            #","tools":[{"name":"t","description":"d","input_schema":{"type":"object"}}],"#
                + #""tool_choice":{"type":"any","disable_parallel_tool_use":true}"#,
            #","tools":[{"type":"function","function":{"name":"t","description":"d","#
                + #""parameters":{"type":"object"}}}],"tool_choice":"required","#
                + #""parallel_tool_calls":false"#
        ),
        (
            #","tools":[{"name":"a","input_schema":{}},{"name":"b","input_schema":{}}],"#
                + #""tool_choice":{"type":"tool","name":"b"}"#,
            #","tools":[{"type":"function","function":{"name":"b","parameters":{}}}],"#
                + #""tool_choice":"required""#
        ),
        (
            #","tools":[{"name":"a","input_schema":{}}],"tool_choice":{"type":"none"}"#,
            #","tools":[{"type":"function","function":{"name":"a","parameters":{}}}],"#
                + #""tool_choice":"none""#
        ),
    ])
    func `members become members`(members: String, made: String) throws {
        try expect(
            Self.request(members),
            becomes: #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#
                + made + "}")
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"type":"text","text":"\u0041\"b"}]}"#,
            #"{"role":"user","content":"A\"b"}"#
        ),
        (
            #"{"role":"user","content":[{"type":"text","text":"see"},{"type":"image","source":"#
                + #"{"type":"base64","media_type":"image/png","data":"QQ=="}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","#
                + #""image_url":{"url":"data:image/png;base64,QQ=="}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"image","source":{"type":"url","#
                + #""url":"https://x/y.png"}}]}"#,
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"#
                + #""https://x/y.png"}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"document","title":"T","source":{"type":"text","#
                + #""media_type":"text/plain","data":"D"}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"T\n\nD"}]}"#
        ),
        (
            #"{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":""},"#
                + #"{"type":"text","text":"x"},{"type":"tool_use","id":"i","name":"f","#
                + #""input":{"a": "\"q"}}]},{"role":"user","content":[{"type":"tool_result","#
                + #""tool_use_id":"i","content":"7"},{"type":"text","text":"so"}]}"#,
            #"{"role":"assistant","content":"x","reasoning_content":"h","tool_calls":[{"id":"i","#
                + #""type":"function","function":{"name":"f","arguments":"{\"a\": \"\\\"q\"}"}}]},"#
                + #"{"role":"tool","tool_call_id":"i","content":"7"},"#
                + #"{"role":"user","content":"so"}"#
        ),
        (
            #"{"role":"user","content":"a"},{"role":"system","content":[{"type":"text","#
                + #""text":"b"}]}"#,
            #"{"role":"user","content":"a"},{"role":"system","content":"b"}"#
        ),
        (
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","is_error":true,"#
                + #""content":[{"type":"text","text":"no"}]},"#
                + #"{"type":"tool_result","tool_use_id":"j"}]}"#,
            #"{"role":"tool","tool_call_id":"i","content":"Error: no"},"#
                + #"{"role":"tool","tool_call_id":"j","content":""}"#
        ),
    ])
    func `messages become messages`(messages: String, made: String) throws {
        try expect(
            Self.conversation(messages),
            becomes: #"{"model":"m","max_tokens":9,"messages":[\#(made)]}"#)
    }

    @Test(arguments: [
        (#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#, "max_tokens"),
        (#"{"max_tokens":1,"messages":[{"role":"user","content":"hi"}]}"#, "model"),
        (#"{"model":"m","max_tokens":1}"#, "messages"), (conversation(""), "messages"),
        (request(#","foo":1"#), "foo"), (request(#","max_tokens":0"#), "max_tokens"),
        (request(#","temperature":1.5"#), "temperature"), (request(#","top_k":-1"#), "top_k"),
        (request(#","stop_sequences":["a","b","c","d","e"]"#), "stop_sequences"),
        (request(#","stop_sequences":["a",""]"#), "stop_sequences.1"),
        (request(#","thinking":{"type":"enabled"}"#), "thinking.budget_tokens"),
        (
            request(#","thinking":{"type":"enabled","budget_tokens":2000}"#),
            "thinking.budget_tokens"
        ),
        (request(#","mcp_servers":[]"#), "mcp_servers"),
        (
            request(
                #","output_config":{"format":{"type":"json_schema","schema":{}}},"#
                    + #""tools":[{"name":"a","input_schema":{}}]"#), "output_config.format"
        ),
        (request(#","output_config":{"effort":"hard"}"#), "output_config.effort"),
        (request(#","output_config":{"task_budget":{}}"#), "output_config.task_budget"),
        (request(#","output_config":{"format":{"type":"text"}}"#), "output_config.format.type"),
        (
            request(#","output_config":{"format":{"type":"json_schema"}}"#),
            "output_config.format.schema"
        ),
        (
            request(#","output_format":{"type":"json_schema","schema":"{}"}"#),
            "output_format.schema"
        ),
        (
            request(
                #","output_format":{"type":"json_schema","schema":{}},"#
                    + #""output_config":{"format":{"type":"json_schema","schema":{}}}"#),
            "output_config.format"
        ),
        (request(#","tools":[{"type":"bash_20250124","name":"bash"}]"#), "tools.0.type"),
        (request(#","tools":[{"name":"a"}]"#), "tools.0.input_schema"),
        (request(#","tool_choice":{"type":"any"}"#), "tool_choice"),
        (request(#","tool_choice":{"type":"all"}"#), "tool_choice.type"),
        (request(#","metadata":{"x":1}"#), "metadata.x"),
        (conversation(#"{"role":"tool","content":"x"}"#), "messages.0.role"),
        (conversation(#"{"role":"user","content":""}"#), "messages.0.content"),
        (conversation(#"{"role":"user","content":[]}"#), "messages.0.content"),
        (
            conversation(#"{"role":"user","content":[{"type":"text","text":1}]}"#),
            "messages.0.content.0.text"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"audio"}]}"#),
            "messages.0.content.1.type"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"type":"text","text":"a"},"#
                    + #"{"type":"tool_result","tool_use_id":"i"}]}"#),
            "messages.0.content.1"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"type":"document","source":{"type":"base64","#
                    + #""media_type":"application/pdf","data":""}}]}"#),
            "messages.0.content.0.source.type"
        ),
        (
            conversation(
                #"{"role":"user","content":[{"type":"image","source":{"type":"base64","#
                    + #""media_type":"image/x\"","data":""}}]}"#),
            "messages.0.content.0.source.media_type"
        ),
    ])
    func `what is wrong is refused at its place`(body: String, path: String) {
        #expect {
            try Self.translate(body)
        } throws: { error in
            (error as? Failure)?.parameter == path
                && (error as? Failure)?.message.hasPrefix(path + ":") == true
        }
    }

    @Test(arguments: ["", "[]", "{", #"{"model":"m"} x"#, "\u{FEFF}{}"])
    func `what is no JSON object is refused`(body: String) {
        #expect(throws: Failure.self) { try Self.translate(body) }
    }

    @Test
    func `counting needs no limit and never streams`() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#
        let translated = try Self.translate(body, for: .count)
        #expect(
            String(decoding: translated.body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#)
    }

    @Test
    func `what only open engines take is named`() throws {
        let body = Self.request(#","top_k":4,"thinking":{"type":"disabled"}"#)
        #expect(try Self.translate(body).extensions == ["top_k", "thinking"])
    }
}
