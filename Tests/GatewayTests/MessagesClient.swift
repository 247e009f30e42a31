@testable import Gateway

/// Requests in Anthropic's dialect, as its library sends them.
enum MessagesClient {
    static let key = "x-api-key: \(GatewayStand.secret)"
    static let question = #""messages":[{"role":"user","content":"hi"}]"#

    static func request(
        streaming: Bool = false, path: String = "/v1/messages", messages: String = question,
        maximumTokens: Int = 64, extra: String = "", key: String = key
    ) -> String {
        let body =
            #"{"model":"m","max_tokens":\#(maximumTokens),\#(messages),"#
            + #""stream":\#(streaming)\#(extra)}"#
        return "POST \(path) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\(key)\r\n"
            + "anthropic-version: 2023-06-01\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func count(messages: String = question) -> String {
        let body = #"{"model":"m",\#(messages)}"#
        return "POST /v1/messages/count_tokens HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            + "\(key)\r\nanthropic-version: 2023-06-01\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func ask(_ stand: GatewayStand, streaming: Bool = false) async throws -> String {
        try await RawClient.exchange(request(streaming: streaming), port: stand.server.port)
    }
}
