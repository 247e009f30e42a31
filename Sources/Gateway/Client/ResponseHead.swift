import NIOCore
import RequestPath

/// The header of an answer, built as bytes.
struct ResponseHead {
    /// The longest number, and what else a line has beside its name and value.
    private static let numberBytes = 20
    private static let limitLinesBytes = 256

    private var bytes = ByteBuffer()

    /// `bodyBytes`: room for a body that will follow in the same write.
    init(status: Int, bodyBytes: Int = 0) {
        bytes.reserveCapacity(640 + bodyBytes)
        bytes.writeString(Self.statusLine(status))
    }

    mutating func add(_ name: StaticString, _ value: String) {
        bytes.writeText(upTo: name.utf8CodeUnitCount + value.utf8.count + 4) { text in
            text.write(name)
            text.write(": ")
            text.write(value)
            text.write("\r\n")
        }
    }

    mutating func add(name: String, _ value: String) {
        bytes.writeText(upTo: name.utf8.count + value.utf8.count + 4) { text in
            text.write(name)
            text.write(": ")
            text.write(value)
            text.write("\r\n")
        }
    }

    mutating func add(_ name: StaticString, _ value: Int64) {
        bytes.writeText(upTo: name.utf8CodeUnitCount + Self.numberBytes + 4) { text in
            text.write(name)
            text.write(": ")
            text.write(value)
            text.write("\r\n")
        }
    }

    mutating func addAnswer(request: String, milliseconds: Int64) {
        bytes.writeText(upTo: request.utf8.count + Self.numberBytes + 64) { text in
            text.write("x-request-id: ")
            text.write(request)
            text.write("\r\nopenai-processing-ms: ")
            text.write(milliseconds)
            text.write("\r\n")
        }
    }

    mutating func addLimits(_ status: LimitStatus) {
        bytes.writeText(upTo: 2 * Self.limitLinesBytes) { text in
            if let line = status.requests {
                text.write("x-ratelimit-limit-requests: ")
                text.write(line.limit)
                text.write("\r\nx-ratelimit-remaining-requests: ")
                text.write(line.remaining)
                text.write("\r\nx-ratelimit-reset-requests: ")
                Self.write(seconds: line.resetSeconds, to: &text)
            }
            if let line = status.tokens {
                text.write("x-ratelimit-limit-tokens: ")
                text.write(line.limit)
                text.write("\r\nx-ratelimit-remaining-tokens: ")
                text.write(line.remaining)
                text.write("\r\nx-ratelimit-reset-tokens: ")
                Self.write(seconds: line.resetSeconds, to: &text)
            }
        }
    }

    /// A Go duration and the line's end, as OpenAI's own: `1m1s`.
    private static func write(seconds: Int64, to text: inout TextWriter) {
        if seconds >= 60 {
            text.write(seconds / 60)
            text.write("m")
        }
        text.write(seconds % 60)
        text.write("s\r\n")
    }

    mutating func finish(keepAlive: Bool) -> ByteBuffer {
        bytes.writeStaticString(keepAlive ? "\r\n" : "connection: close\r\n\r\n")
        return bytes
    }

    private static func statusLine(_ status: Int) -> String {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 201: "HTTP/1.1 201 Created\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 402: "HTTP/1.1 402 Payment Required\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 424: "HTTP/1.1 424 Failed Dependency\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 500: "HTTP/1.1 500 Internal Server Error\r\n"
        case 502: "HTTP/1.1 502 Bad Gateway\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        case 529: "HTTP/1.1 529 Overloaded\r\n"
        default: "HTTP/1.1 \(status) \r\n"
        }
    }
}
