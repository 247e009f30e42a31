import TestKit
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(10)))
struct EventStreamTests {
    /// Feeds the bytes in pieces into a buffer from which complete events are dropped now and then.
    private func split(_ bytes: [UInt8], cutAt cuts: [Int], dropping: Bool) throws -> [String] {
        var splitter = EventStreamSplitter()
        var buffer: [UInt8] = []
        var events: [String] = []
        var start = 0
        for cut in cuts + [bytes.count] {
            buffer += bytes[start..<cut]
            start = cut
            while let range = try buffer.withUnsafeBytes({ try splitter.next($0) }) {
                events.append(String(decoding: buffer[range], as: UTF8.self))
            }
            if dropping {
                buffer.removeFirst(splitter.start)
                splitter.dropFront(splitter.start)
            }
        }
        return events
    }

    static let streams: [(String, [String])] = [
        ("data: a\n\ndata: b\n\n", ["data: a\n\n", "data: b\n\n"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", ["data: a\r\n\r\n", "data: b\r\n\r\n"]),
        ("data: a\r\rdata: b\r\r", ["data: a\r\r", "data: b\r\r"]),
        (": ping\n\ndata: a\nid: 1\n\n", [": ping\n\n", "data: a\nid: 1\n\n"]),
        (": ping\ndata: a\n\n", [": ping\ndata: a\n\n"]),
        ("\n\n\ndata: a\n\n\n", ["\n\n\ndata: a\n\n"]),
        ("data: a\n\r\ndata: b\n\n", ["data: a\n\r\n", "data: b\n\n"]),
        ("data: a\r\n\ndata: b\n\n", ["data: a\r\n\n", "data: b\n\n"]),
        ("data: a\n\ndata: b", ["data: a\n\n"]), ("", []), ("\n", []), ("\r\n\r\n", []),
        ("data: é你😀\n\ndata: x\n\n", ["data: é你😀\n\n", "data: x\n\n"]),
    ]

    @Test(arguments: streams)
    func `every split gives the same events`(_ stream: String, _ expected: [String]) throws {
        let bytes = Array(stream.utf8)
        for dropping in [false, true] {
            for first in 0...bytes.count {
                for second in first...bytes.count {
                    let events = try split(bytes, cutAt: [first, second], dropping: dropping)
                    #expect(events == expected, "cut at \(first) and \(second)")
                }
            }
            #expect(
                try split(bytes, cutAt: Array(0..<bytes.count), dropping: dropping) == expected)
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `random streams survive random splits`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let end = ["\n", "\r\n", "\r"][Int.random(in: 0..<3, using: &generator)]
        var expected: [String] = []
        for number in 0..<Int.random(in: 0...20, using: &generator) {
            var event = ""
            if Bool.random(using: &generator) { event += ": comment \(number)\(end)" }
            let filler = String(
                repeating: "x", count: Int.random(in: 0...60, using: &generator))
            event += "data: {\"n\":\(number),\"x\":\"\(filler)é\"}\(end)\(end)"
            expected.append(event)
        }
        let bytes = Array(expected.joined().utf8)
        let cuts = (0..<12).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
        #expect(try split(bytes, cutAt: cuts, dropping: Bool.random(using: &generator)) == expected)
    }

    @Test
    func `an endless event is an error of the engine`() {
        let bytes = Array(
            repeating: UInt8(ascii: "x"), count: EventStreamSplitter.maximumEventBytes + 1)
        let failure = #expect(throws: Failure.self) {
            try split(bytes, cutAt: [], dropping: false)
        }
        #expect(failure?.code == .engineFailed)
    }
}
