import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Wire

/// A file of `Tests/Fixtures/aws`.
func fixtureOfAWS(_ name: String) throws -> Data {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try Data(contentsOf: tests.appending(path: "Fixtures/aws/" + name))
}

@Suite(.timeLimit(.minutes(10)))
struct EventMessageTests {
    private static func decode(
        _ bytes: [UInt8]
    ) throws(EventMessageFault) -> (message: EventMessage, length: Int)? {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(EventMessageFault) in try EventMessage.decode(buffer) }
        }
        return try result.get()
    }

    private static func value(_ type: Int, _ value: Any) throws -> EventMessage.Value {
        let number = (value as? NSNumber)?.int64Value ?? 0
        let bytes = (value as? String).flatMap { Data(base64Encoded: $0) }.map { Array($0) } ?? []
        switch type {
        case 0: return .bool(true)
        case 1: return .bool(false)
        case 2: return .int8(Int8(number))
        case 3: return .int16(Int16(number))
        case 4: return .int32(Int32(number))
        case 5: return .int64(number)
        case 6: return .bytes(bytes)
        case 7: return .string(String(decoding: bytes, as: UTF8.self))
        case 8: return .timestamp(number)
        default:
            let halves = [bytes.prefix(8), bytes.suffix(8)].map { half in
                half.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            return .uuid(halves[0], halves[1])
        }
    }

    @Test func everyVectorIsReadAndWritten() throws {
        let vectors = try #require(
            JSONSerialization.jsonObject(with: fixtureOfAWS("event-stream.json"))
                as? [[String: Any]])
        #expect(vectors.count == 5)
        for vector in vectors {
            let encoded = try #require(
                (vector["encoded_base64"] as? String).flatMap { Data(base64Encoded: $0) })
            guard vector["polarity"] as? String == "positive" else {
                let isPrelude = (vector["decoded"] as? String)?.contains("Prelude") == true
                #expect(throws: isPrelude ? EventMessageFault.preludeChecksum : .messageChecksum) {
                    try Self.decode(Array(encoded))
                }
                continue
            }
            let decoded = try #require(vector["decoded"] as? [String: Any])
            let headers = try #require(decoded["headers"] as? [[String: Any]]).map { header in
                EventMessage.Header(
                    try #require(header["name"] as? String),
                    try Self.value(
                        try #require(header["type"] as? Int), try #require(header["value"])))
            }
            let payload = try #require(
                (decoded["payload"] as? String).flatMap { Data(base64Encoded: $0) })
            let expected = EventMessage(headers: headers, payload: Array(payload))
            let read = try #require(try Self.decode(Array(encoded)))
            #expect(read.message == expected)
            #expect(read.length == encoded.count)
            #expect(try expected.encoded() == Array(encoded))
        }
    }

    /// A frame that botocore accepts.
    @Test func aMessageStartHasTheBytesThatClientsKnow() throws {
        let hex =
            "000000760000005296d5fade0b3a6576656e742d7479706507000c6d6573736167655374617274"
            + "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d657373"
            + "6167652d747970650700056576656e747b22726f6c65223a22617373697374616e74227d6fa8c599"
        let message = EventMessage(
            headers: [
                .init(":event-type", .string("messageStart")),
                .init(":content-type", .string("application/json")),
                .init(":message-type", .string("event")),
            ], payload: Array(#"{"role":"assistant"}"#.utf8))
        let bytes = try message.encoded()
        #expect(bytes.map { String(format: "%02x", $0) }.joined() == hex)
    }

    @Test(arguments: 0..<20)
    func whatIsWrittenIsReadAgain(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in .random(in: 0...255, using: &random) }
        }
        var stream: [UInt8] = []
        var messages: [EventMessage] = []
        for _ in 0..<20 {
            var headers: [EventMessage.Header] = []
            for index in 0..<Int.random(in: 0...8, using: &random) {
                let values: [EventMessage.Value] = [
                    .bool(.random(using: &random)),
                    .int8(.random(in: .min ... .max, using: &random)),
                    .int16(.random(in: .min ... .max, using: &random)),
                    .int32(.random(in: .min ... .max, using: &random)),
                    .int64(.random(in: .min ... .max, using: &random)),
                    .bytes(bytes(.random(in: 0...300, using: &random))), .string("wörd \(index)"),
                    .timestamp(.random(in: 0...1 << 50, using: &random)),
                    .uuid(.random(in: .min ... .max, using: &random), 7),
                ]
                headers.append(
                    .init("header \(index)", try #require(values.randomElement(using: &random))))
            }
            let message = EventMessage(
                headers: headers, payload: bytes(.random(in: 0...2000, using: &random)))
            messages.append(message)
            stream += try message.encoded()
        }
        var rest = stream[...]
        for message in messages {
            #expect(try Self.decode(Array(rest.prefix(11))) == nil)
            let read = try #require(try Self.decode(Array(rest)))
            #expect(try Self.decode(Array(rest.prefix(read.length - 1))) == nil)
            #expect(read.message == message)
            // Any bit that flips is noticed.
            var damaged = Array(rest.prefix(read.length))
            let bit = UInt8.random(in: 0..<8, using: &random)
            damaged[.random(in: damaged.indices, using: &random)] ^= 1 << bit
            #expect(throws: EventMessageFault.self) { try Self.decode(damaged) }
            rest = rest.dropFirst(read.length)
        }
        #expect(rest.isEmpty)
    }

    @Test func headersThatTheFormatDoesNotAllowAreRefused() throws {
        let twice = EventMessage(
            headers: [.init("a", .bool(true)), .init("a", .bool(false))], payload: [])
        #expect(throws: EventMessageFault.repeatedHeader) { try Self.decode(twice.encoded()) }
        // An unknown type; a value that is longer than the headers; no name.
        for headers in [[1, 97, 10], [1, 97, 7, 0, 9, 97], [0, 0]] as [[UInt8]] {
            var bytes: [UInt8] = []
            let start = EventMessage.begin(headers, into: &bytes)
            EventMessage.finish(from: start, into: &bytes)
            #expect(throws: EventMessageFault.badHeader) { try Self.decode(bytes) }
        }
        let long = EventMessage(
            headers: [.init("a", .string(String(repeating: "x", count: 40_000)))], payload: [])
        #expect(throws: Failure.self) { try long.encoded() }
    }
}
