import Foundation
import Testing

@testable import Guardrails

@Suite struct PatternTests {
    static func matches(_ pattern: TextPattern, _ text: String) -> [Range<Int>] {
        var scanner = PatternScanner(pattern)
        var found: [Range<Int>] = []
        for scalar in text.unicodeScalars { found += scanner.take(scalar).map(\.range) }
        return found + scanner.finish().map(\.range)
    }

    @Test(arguments: [
        ("a", "banana", ["1-2", "3-4", "5-6"]),
        ("an|ana", "banana", ["1-4"]),
        ("a+", "caaat", ["1-4"]),
        (#"\d{3}-\d{4}"#, "call 555-1234 now", ["5-13"]),
        (#"\bcat\b"#, "cat concat cat", ["0-3", "11-14"]),
        ("^a", "aa", ["0-1"]), ("a$", "aa", ["1-2"]),
        ("[^a-c]+", "abcxyzabc", ["3-6"]),
        ("(ab|a)(bc)?", "abc", ["0-3"]),
        ("x*", "axxb", ["1-3"]),
        ("a.c", "a\nc abc", ["4-7"]),
        ("(a|b)*c", "ababd abc", ["6-9"]),
        (#"[\w.+-]+@[\w-]+\.[\w.]+"#, "mail me@x.org!", ["5-13"]),
        ("é", "caféé", ["3-4", "4-5"]),
    ])
    func `a pattern is found where it is leftmost and longest`(
        pattern: String, text: String, ranges: [String]
    ) throws {
        let found = Self.matches(try TextPattern(pattern), text)
        #expect(found.map { "\($0.lowerBound)-\($0.upperBound)" } == ranges)
    }

    @Test(arguments: [
        "", "(", ")", "[a", "a**", "*a", "a{2,1}", "a{", #"\q"#, "(?=a)", "[b-a]", #"a\"#,
        "a{1001}",
        #"(a)\1"#,
    ])
    func `what is not understood is refused`(pattern: String) {
        #expect(throws: TextPattern.Problem.self) { try TextPattern(pattern) }
    }

    @Test func `repetitions of repetitions are bounded`() throws {
        #expect(throws: TextPattern.Problem.self) { try TextPattern("((a{100}){100}){100}") }
        // Nothing, however often: this would be written out for ever.
        let nothing = "(((((){1000}){1000}){1000}){1000}){1000}"
        #expect(Self.matches(try TextPattern(nothing + "a"), "ba") == [1..<2])
    }

    @Test func `words are found in any case of letters`() throws {
        #expect(Self.matches(try TextPattern("stra[s-t]", ignoresCase: true), "STRAS") == [0..<5])
        #expect(
            Self.matches(try TextPattern(word: "Acme Corp."), "the ACME corp. acme corps")
                == [4..<14])
        #expect(Self.matches(try TextPattern(word: "ÄRGER"), "ärger") == [0..<5])
    }

    /// Against Foundation's engine, made longest by comparing only patterns where both agree by
    /// construction: leftmost match positions' starts.
    @Test func `random patterns are found as another engine finds them`() throws {
        var state: UInt64 = 7
        func random(_ n: Int) -> Int {
            state = state &* 6364136223846793005 &+ 1442695040888963407
            return Int((state >> 33) % UInt64(n))
        }
        func pattern(_ depth: Int) -> String {
            switch random(depth > 0 ? 7 : 3) {
            case 0: return ["a", "b", "c"][random(3)]
            case 1: return "[ab]"
            case 2: return "."
            case 3: return "(" + pattern(depth - 1) + "|" + pattern(depth - 1) + ")"
            case 4: return pattern(depth - 1) + pattern(depth - 1)
            case 5: return "(" + pattern(depth - 1) + ")" + ["+", "{1,2}", "{2}"][random(3)]
            default: return "(" + pattern(depth - 1) + ")?" + pattern(depth - 1)
            }
        }
        for _ in 0..<600 {
            let source = pattern(3)
            let ours = try TextPattern(source)
            let text = (0..<random(14)).map { _ in ["a", "b", "c", "\n"][random(4)] }.joined()
            let found = Self.matches(ours, text)
            // Brute force: from each start, the longest end that Foundation takes for whole.
            let whole = try NSRegularExpression(pattern: "^(?:" + source + ")$", options: [])
            let scalars = Array(text)
            var expected: [Range<Int>] = []
            var at = 0
            outer: while at < scalars.count {
                for end in stride(from: scalars.count, to: at, by: -1) {
                    let part = String(scalars[at..<end])
                    let range = NSRange(location: 0, length: part.utf16.count)
                    if let match = whole.firstMatch(in: part, range: range),
                        match.range.length == range.length
                    {
                        expected.append(at..<end)
                        at = end
                        continue outer
                    }
                }
                at += 1
            }
            #expect(found == expected, "\(source) in \(text.debugDescription)")
        }
    }

    @Test func `nothing before what is safe is found later`() throws {
        let pattern = try TextPattern(#"\d{3}-\d{4}|ab+c"#)
        let text = "xx 12 555-12 555-1234 abbb abbbc 9"
        var scanner = PatternScanner(pattern)
        var told: [(Int, [Range<Int>])] = []
        for scalar in text.unicodeScalars {
            let before = scanner.safe
            let found = scanner.take(scalar).map(\.range)
            for range in found { #expect(range.lowerBound >= before) }
            told.append((scanner.safe, found))
        }
        #expect(told.last?.0 ?? 0 > 30)
    }

    @Test func `time is in proportion to the text`() throws {
        let pattern = try TextPattern("(a+)+b")
        let start = ContinuousClock.now
        #expect(Self.matches(pattern, String(repeating: "a", count: 4_000)).isEmpty)
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
