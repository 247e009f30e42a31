import TestKit
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(10)))
struct ChunkedDecoderTests {
    private let coded =
        "5\r\nhello\r\n1;name=\"value\"\r\n \r\n00A \t\r\n0123456789\r\n1\n!\n"
        + "0;last\r\nTrailer: x\r\nOther: y\r\n\r\nHTTP/1.1 "
    private let plain = "hello 0123456789!"

    /// Feeds the bytes in pieces; returns the body and the bytes that were left behind the end.
    private func decode(_ bytes: [UInt8], cutAt cuts: [Int]) throws -> (String, left: Int, Bool) {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        var start = 0
        for cut in cuts + [bytes.count] {
            let piece = Array(bytes[start..<cut])
            start = cut
            let end: Int? = try piece.withUnsafeBytes { raw in
                var position = 0
                while true {
                    switch try decoder.next(raw, from: &position) {
                    case .body(let range): body.append(contentsOf: raw[range])
                    case .end: return position
                    case .needMore: return nil
                    }
                }
            }
            if let end {
                return (
                    String(decoding: body, as: UTF8.self), bytes.count - cut + piece.count - end,
                    true
                )
            }
        }
        return (String(decoding: body, as: UTF8.self), 0, false)
    }

    @Test
    func `every split gives the same body`() throws {
        let bytes = Array(coded.utf8)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 3) {
                let (body, left, ended) = try decode(bytes, cutAt: [first, second])
                #expect(body == plain && left == 9 && ended)
            }
        }
        let (body, left, ended) = try decode(bytes, cutAt: Array(1..<bytes.count))
        #expect(body == plain && left == 9 && ended)
    }

    @Test
    func `a cut body does not end`() throws {
        let bytes = Array(coded.utf8.dropLast(9))
        for count in 0..<bytes.count {
            let (body, _, ended) = try decode(Array(bytes[..<count]), cutAt: [])
            #expect(plain.hasPrefix(body) && !ended)
        }
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "5\rhello", "5\r\nhelloX", "5\r\nhello\rX", "0\r\n\rX",
        "FFFFFFFFFFF\r\n", "5 x\r", " 5\r\n", "5:\r\n",
        "5;" + String(repeating: "e", count: 5000), "0\r\n" + String(repeating: "t", count: 20_000),
        "0\r\n" + String(repeating: "t: x\r\n", count: 5000),
    ])
    func `a malformed coding is an error of the engine`(_ coded: String) throws {
        // "5 x\r" is an extension that is not complete; a byte that is no line feed must follow.
        let failure = #expect(throws: Failure.self) {
            try decode(Array((coded + "zz").utf8), cutAt: [])
        }
        #expect(failure?.code == .engineFailed)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `random bodies survive random splits`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var expected = ""
        var coded = ""
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
            let count = Int.random(in: 1...300, using: &generator)
            let chunk = String(repeating: Character("\(count % 10)"), count: count)
            expected += chunk
            coded += String(count, radix: 16, uppercase: Bool.random(using: &generator))
            coded += "\r\n\(chunk)\r\n"
        }
        coded += "0\r\n\r\n"
        let bytes = Array(coded.utf8)
        let cuts = (0..<8).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
        let (body, left, ended) = try decode(bytes, cutAt: cuts)
        #expect(body == expected && left == 0 && ended)
    }
}
