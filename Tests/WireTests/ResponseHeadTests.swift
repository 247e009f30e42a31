import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(10)))
struct ResponseHeadTests {
    private func scan(_ head: String) throws -> ResponseHeadScan? {
        try Array(head.utf8).withUnsafeBytes { try ResponseHeadScan.scan($0) }
    }

    private let stream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        + "TRANSFER-ENCODING:  Chunked \r\nKeep-Alive: timeout=5\r\n\r\ndata: "

    @Test
    func `a stream`() throws {
        let head = try #require(try scan(stream))
        #expect(head.status == 200 && head.chunked && head.eventStream && head.keepAlive)
        #expect(head.contentLength == nil)
        #expect(head.headLength == stream.utf8.count - 6)
        #expect(text(stream, head.contentType) == "text/event-stream; charset=utf-8")
    }

    @Test
    func `every cut of a head is incomplete`() throws {
        let bytes = Array(stream.utf8.dropLast(6))
        for count in 0..<bytes.count {
            #expect(try bytes[..<count].withUnsafeBytes { try ResponseHeadScan.scan($0) } == nil)
        }
    }

    static let framings: [(String, length: Int?, chunked: Bool, keepAlive: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 12, false, true),
        ("HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", 0, false, true),
        ("HTTP/1.1 200 OK\nContent-Length: 12\n\n", 12, false, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 5, false, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", 1, false, false),
        (
            "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nTransfer-Encoding: chunked\r\n\r\n", nil,
            true, false
        ),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", 1, false, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", 1, false, true),
        ("HTTP/1.1 200 OK\r\n\r\n", nil, false, false),
        ("HTTP/1.1 204 No Content\r\n\r\n", 0, false, true),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n", 2, false,
            true
        ),
        ("HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 3\r\n\r\n", 3, false, true),
    ]

    @Test(arguments: framings)
    func `the body's end is known`(
        _ text: String, length: Int?, chunked: Bool, keepAlive: Bool
    ) throws {
        let head = try #require(try scan(text))
        #expect(head.contentLength == length)
        #expect(head.chunked == chunked)
        #expect(head.keepAlive == keepAlive)
        #expect(head.headLength == text.utf8.count)
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 999 No\r\n\r\n",
        "SSH-2.0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 40_000),
    ])
    func `a head that cannot be trusted is an error of the engine`(_ head: String) {
        let failure = #expect(throws: Failure.self) { try scan(head) }
        #expect(failure?.code == .engineFailed)
    }
}
