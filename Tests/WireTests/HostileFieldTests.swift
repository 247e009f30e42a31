import Testing
import Vocabulary

@testable import Wire

/// Hostile tools, hostile bodies of the other endpoints, and fields that belong to engines.
@Suite(.timeLimit(.minutes(10)))
struct HostileFieldTests {
    static let call = #""id":"c","type":"function","function":{"name":"f","arguments":"{}"}"#

    static let tools: [HostileRequest] = [
        .chat(#""tools":{}"#, "tools"), .chat(#""tools":"f""#, "tools"), .tools("7", "tools[0]"),
        .tools("{}", "tools[0].type"), .tools(#"{"type":"function"}"#, "tools[0].function"),
        .tools(#"{"type":"custom"}"#, "tools[0].type", code: .unsupported),
        .tools(#"{"type":7}"#, "tools[0].type"),
        .tools(#"{"type":"function","function":"f"}"#, "tools[0].function"),
        .tools(#"{"type":"function","function":{}}"#, "tools[0].function.name"),
        .tools(#"{"type":"function","function":{"name":""}}"#, "tools[0].function.name"),
        .tools(#"{"type":"function","function":{"name":"a b"}}"#, "tools[0].function.name"),
        .tools(#"{"type":"function","function":{"name":7}}"#, "tools[0].function.name"),
        .tools(
            #"{"type":"function","function":{"name":"\#(String(repeating: "f", count: 65))"}}"#,
            "tools[0].function.name"),
        .tools(
            #"{"type":"function","function":{"name":"f","parameters":[]}}"#,
            "tools[0].function.parameters"),
        .tools(
            #"{"type":"function","function":{"name":"f","strict":1}}"#, "tools[0].function.strict"
        ),
        .tools(
            #"{"type":"function","function":{"name":"f"}},{"function":{"name":"f"}}"#,
            "tools[1].type"),
        .tools(
            Array(repeating: #"{"type":"function","function":{"name":"f"}}"#, count: 129)
                .joined(separator: ","), "tools"),
        .chat(#""tool_choice":"sometimes""#, "tool_choice"),
        .chat(#""tool_choice":7"#, "tool_choice"),
        .chat(#""tool_choice":"required""#, "tool_choice"),
        .chat(#""tool_choice":{}"#, "tool_choice.type"),
        .chat(#""tool_choice":{"type":"function"}"#, "tool_choice.function"),
        .chat(
            #""tool_choice":{"type":"function","function":{}}"#, "tool_choice.function.name"),
        .chat(
            #""tool_choice":{"type":"function","function":{"name":"f"}}"#, "tool_choice"),
        .chat(#""functions":[{}]"#, "functions[0].name"), .chat(#""functions":7"#, "functions"),
        .chat(#""function_call":"must""#, "function_call"),
        .chat(#""function_call":{}"#, "function_call.name"),
        .messages(
            #"{"role":"assistant","content":null,"tool_calls":[]}"#, "messages[0].tool_calls"),
        .messages(#"{"role":"assistant","tool_calls":7}"#, "messages[0].tool_calls"),
        .messages(#"{"role":"assistant","tool_calls":[7]}"#, "messages[0].tool_calls[0]"),
        .messages(#"{"role":"assistant","tool_calls":[{}]}"#, "messages[0].tool_calls[0].id"),
        .messages(
            #"{"role":"assistant","tool_calls":[{"id":"c"}]}"#, "messages[0].tool_calls[0].type"),
        .messages(
            #"{"role":"assistant","tool_calls":[{\#(call)},{"id":"c","type":"function"}]}"#,
            "messages[0].tool_calls[1].function"),
        .messages(
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":{}}}]}"#,
            "messages[0].tool_calls[0].function.arguments"),
        .messages(
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","#
                + #""function":{"arguments":"{}"}}]}"#,
            "messages[0].tool_calls[0].function.name"),
        .messages(
            #"{"role":"assistant","function_call":{"name":"f"}}"#,
            "messages[0].function_call.arguments"),
        .chat(#""response_format":"json""#, "response_format"),
        .chat(#""response_format":{}"#, "response_format.type"),
        .chat(#""response_format":{"type":"xml"}"#, "response_format.type"),
        .chat(#""response_format":{"type":"json_schema"}"#, "response_format.json_schema"),
        .chat(
            #""response_format":{"type":"json_schema","json_schema":{}}"#,
            "response_format.json_schema.name"),
        .chat(
            #""response_format":{"type":"json_schema","json_schema":{"name":"a","schema":7}}"#,
            "response_format.json_schema.schema"),
    ]

    static let otherEndpoints: [HostileRequest] = [
        .embeddings(#""user":"x""#, "input"), .embeddings(#""input":"""#, "input"),
        .embeddings(#""input":[]"#, "input"), .embeddings(#""input":null"#, "input"),
        .embeddings(#""input":7"#, "input"), .embeddings(#""input":{}"#, "input"),
        .embeddings(#""input":["a",""]"#, "input[1]"), .embeddings(#""input":["a",7]"#, "input[1]"),
        .embeddings(#""input":[1,"a"]"#, "input[1]"), .embeddings(#""input":[1.5]"#, "input[0]"),
        .embeddings(#""input":[-1]"#, "input[0]"), .embeddings(#""input":[[1],[]]"#, "input[1]"),
        .embeddings(#""input":[[1],["a"]]"#, "input[1]"),
        .embeddings(#""input":[true]"#, "input[0]"),
        .embeddings(#""input":[[1],2]"#, "input[1]"),
        .embeddings(
            #""input":[\#(Array(repeating: "\"a\"", count: 2049).joined(separator: ","))]"#,
            "input"),
        .embeddings(#""input":"a","encoding_format":"hex""#, "encoding_format"),
        .embeddings(#""input":"a","encoding_format":7"#, "encoding_format"),
        .embeddings(#""input":"a","dimensions":0"#, "dimensions"),
        .embeddings(#""input":"a","dimensions":"3""#, "dimensions"),
        .embeddings(#""input":"a","stream":true"#, "stream", code: .unsupported),
        .embeddings(#""input":"a","messages":[]"#, "messages"),
        .embeddings(#""input":"a","max_tokens":9"#, "max_tokens"),
        .embeddings(#""input":"a","input":"b""#, "input"),
        .completions(#""user":"x""#, "prompt"), .completions(#""prompt":null"#, "prompt"),
        .completions(#""prompt":[]"#, "prompt"), .completions(#""prompt":{}"#, "prompt"),
        .completions(#""prompt":["a",1]"#, "prompt[1]"),
        .completions(
            #""prompt":[\#(Array(repeating: "\"a\"", count: 129).joined(separator: ","))]"#,
            "prompt"),
        .completions(#""prompt":"a","echo":"yes""#, "echo"),
        .completions(#""prompt":"a","logprobs":6"#, "logprobs"),
        .completions(#""prompt":"a","logprobs":true"#, "logprobs"),
        .completions(#""prompt":"a","suffix":7"#, "suffix"),
        .completions(#""prompt":"a","best_of":0"#, "best_of"),
        .completions(#""prompt":"a","best_of":2,"n":3"#, "best_of"),
        .completions(#""prompt":"a","best_of":2,"stream":true"#, "best_of"),
        .completions(
            #""prompt":"a","max_completion_tokens":3"#, "max_completion_tokens"),
        .completions(#""prompt":"a","tools":[]"#, "tools"),
        .completions(#""prompt":"a","n_predict":300"#, "n_predict", code: .unsupported),
    ]

    /// Every name in the table, and spellings that only some engines would recognise.
    static let refused: [HostileRequest] =
        RefusedField.names.map { .chat("\"\($0)\":null", $0, code: .unsupported) } + [
            .chat(#""speculative.n_max":64"#, "speculative.n_max", code: .unsupported),
            .chat(#""N_Predict":64"#, "n_predict"),
            .chat(
                #""n\u005fpredict":64"#, "n_predict",
                code: .unsupported),
            .chat(#""store":true"#, "store", code: .unsupported),
            .chat(#""store":1"#, "store"),
            .chat(#""service_tier":"priority""#, "service_tier", code: .unsupported),
            .chat(#""service_tier":1"#, "service_tier"),
            .chat(#""modalities":["text","audio"]"#, "modalities", code: .unsupported),
            .chat(#""audio":{"voice":"x"}"#, "audio", code: .unsupported),
            .chat(#""prediction":{"type":"content"}"#, "prediction", code: .unsupported),
            .chat(#""web_search_options":{}"#, "web_search_options", code: .unsupported),
            .chat(
                #""chat_template_kwargs":{"chat_template":"x"}"#,
                "chat_template_kwargs.chat_template", code: .unsupported),
            .chat(#""chat_template_kwargs":7"#, "chat_template_kwargs"),
        ]

    @Test(arguments: tools + otherEndpoints + refused)
    func `is refused, and the place is named`(_ one: HostileRequest) {
        expectRefusal(of: one)
    }
}
