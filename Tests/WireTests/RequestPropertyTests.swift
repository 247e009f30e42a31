import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Wire

@Suite(.timeLimit(.minutes(10)))
struct RequestPropertyTests {
    /// Whether the cursor takes the bytes for one JSON object.
    private func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { raw in
            guard var cursor = JSONCursor(raw) else { return false }
            do {
                cursor.skipWhitespace()
                try cursor.skipValue()
                try cursor.finish()
                #expect(cursor.depth == 0)
                return true
            } catch {
                return false
            }
        }
    }

    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(
            with: Data(bytes), options: [.fragmentsAllowed])) != nil
    }

    /// Foundation allows a comma before a closing brace, and refuses numbers beyond a Double.
    private func foundationIsLax(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains(/,\s*}/) || text.contains(/[eE][+-]?[0-9]{3}/)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `the cursor and Foundation agree on what is JSON`(_ seed: UInt64) {
        var random = RandomJSON(generator: SeededGenerator(seed: seed))
        for _ in 0..<50 {
            let document = random.document()
            #expect(isValid(document))
            #expect(foundationAccepts(document))
            var mutant = document
            for _ in 0..<3 {
                mutant = random.mutated(mutant)
                guard !mutant.isEmpty, !foundationIsLax(mutant) else { break }
                #expect(
                    isValid(mutant) == foundationAccepts(mutant),
                    "\(String(decoding: mutant, as: UTF8.self)) \(mutant)")
            }
        }
    }

    private static let bodies: [(EngineOperation, String)] = [
        (
            .chat,
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a\n"},"#
                + #"{"type":"image_url","image_url":{"url":"https://x"}}]}],"stream":true,"n":2,"#
                + #""stream_options":{"include_usage":true},"max_tokens":12,"temperature":0.5,"#
                + #""tools":[{"type":"function","function":{"name":"f"}}],"user":"é😀","x":[1]}"#
        ),
        (.completion, #"{"prompt":["a","b"],"model":"m","max_tokens":5,"logprobs":3,"y":{}}"#),
        (.embedding, #"{"input":[[1,2],[3]],"model":"m","encoding_format":"base64","z":null}"#),
    ]

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `no mutation crashes the scanner or gives a range outside the body`(_ seed: UInt64) {
        var random = RandomJSON(generator: SeededGenerator(seed: seed))
        for (operation, body) in Self.bodies {
            for _ in 0..<100 {
                var bytes = Array(body.utf8)
                for _ in 0..<Int.random(in: 1...2, using: &random.generator) {
                    bytes = random.mutated(bytes)
                }
                check(bytes, operation)
            }
        }
    }

    /// What is accepted must be JSON, and stay what it was through a rewrite.
    private func check(_ bytes: [UInt8], _ operation: EngineOperation) {
        bytes.withUnsafeBytes { raw in
            guard let request = try? OpenAIRequestScanner.scan(raw, operation: operation) else {
                return
            }
            #expect(isValid(bytes))
            let ranges = [
                request.modelRange, request.streamOptionsRange, request.maximumTokensRange,
                request.userRange, request.membersOffset..<request.membersOffset,
            ]
            for range in ranges.compactMap(\.self) {
                #expect(range.lowerBound > 0 && range.upperBound < bytes.count)
            }
            #expect(request.promptBytes <= bytes.count)
            let splices = OpenAIRewrite.splices(
                for: request, maximumTokens: operation == .embedding ? nil : 77,
                upstreamModel: "up\"stream", counting: .finalUsage, cache: nil)
            let rewritten = apply(splices, to: raw)
            rewritten.withUnsafeBytes { again in
                let second = try? OpenAIRequestScanner.scan(again, operation: operation)
                #expect(second?.model == "up\"stream")
                #expect(second?.maximumTokens == (operation == .embedding ? nil : 77))
                #expect(second?.streaming == request.streaming)
                #expect(second?.includeUsage == request.streaming)
                #expect(second?.choices == request.choices)
                #expect(second?.inputs == request.inputs)
            }
        }
    }

    @Test
    func `every cut of a body is refused`() {
        for (operation, body) in Self.bodies {
            let bytes = Array(body.utf8)
            for count in 0..<bytes.count {
                #expect(throws: Failure.self) {
                    try bytes[..<count].withUnsafeBytes {
                        try OpenAIRequestScanner.scan($0, operation: operation)
                    }
                }
            }
        }
    }
}
