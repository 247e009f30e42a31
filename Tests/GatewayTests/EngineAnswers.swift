/// Answers as llama.cpp's server gives them.
enum EngineAnswers {
    static let streamHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let streamEnd = chunk("data: [DONE]\n\n") + "0\r\n\r\n"

    static func plain(
        _ json: String, status: String = "200 OK", type: String = "application/json"
    ) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(json.utf8.count)\r\n\r\n"
            + json
    }

    static func json(model: String = "m") -> String {
        #"{"id":"a","object":"chat.completion","created":1,"model":"\#(model)","choices":["#
            + #"{"index":0,"message":{"role":"assistant","content":"ho"},"finish_reason":"stop"}],"#
            + #""usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#
    }

    static func chunk(_ text: String) -> String {
        String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
    }

    /// One chunk with the word `w<count>`, and the running counts.
    static func word(
        _ count: Int, choice: Int = 0, model: String = "m", text: String? = nil,
        finish: Bool = false
    ) -> String {
        chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"\#(model)","#
                + #""choices":[{"index":\#(choice),"delta":{"content":"\#(text ?? "w\(count)")"},"#
                + #""finish_reason":\#(finish ? #""stop""# : "null")}],"#
                + #""timings":{"cache_n":0,"prompt_n":5,"predicted_n":\#(count)}}"# + "\n\n")
    }

    static func usage(_ completion: Int) -> String {
        chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","#
                + #""choices":[],"usage":{"prompt_tokens":5,"completion_tokens":\#(completion),"#
                + #""total_tokens":\#(5 + completion)}}"# + "\n\n")
    }

    /// A whole stream of so many words, one piece for each.
    static func stream(_ words: Int, model: String = "m") -> [String] {
        [streamHead] + (1...words).map { word($0, model: model) } + [usage(words), streamEnd]
    }

    /// An answer's body without the sizes of its chunks.
    static func body(of answer: String) -> String {
        guard let split = answer.firstRange(of: "\r\n\r\n") else { return "" }
        let body = String(answer[split.upperBound...])
        guard answer.contains("transfer-encoding: chunked") else { return body }
        return body.split(separator: "\r\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }.joined()
    }
}
