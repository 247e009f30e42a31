import Foundation
import Testing

@testable import Guardrails

@Suite struct GuardrailTests {
    @Test(arguments: [
        (PersonalData.email, "write to a.b+c@mail.example.org now", "a.b+c@mail.example.org"),
        (.phone, "call +1 (415) 555-0132 or", "+1 (415) 555-0132"),
        (.ipAddress, "from 10.0.0.255 on", "10.0.0.255"), (.ipAddress, "at 10.0.0.256 on", ""),
        (.ipAddress, "2001:0db8:0:0:0:0:0:1!", "2001:0db8:0:0:0:0:0:1"),
        (.macAddress, "00:1B:44:11:3a:b7.", "00:1B:44:11:3a:b7"),
        (.cardNumber, "card 4111 1111 1111 1111.", "4111 1111 1111 1111"),
        (.cardNumber, "card 4111 1111 1111 1112.", ""),
        (.bankAccount, "IBAN DE89 3704 0044 0532 0130 00 ok", "DE89 3704 0044 0532 0130 00"),
        (.bankAccount, "IBAN DE88 3704 0044 0532 0130 00 ok", ""),
        (.socialSecurityNumber, "ssn 078-05-1120.", "078-05-1120"),
        (.socialSecurityNumber, "ssn 900-05-1120.", ""),
        (.awsAccessKey, "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        (.url, "see https://example.org/a?b=c for", "https://example.org/a?b=c"),
    ])
    func `personal data is told by its form and its check digits`(
        kind: PersonalData, text: String, found: String
    ) throws {
        let guardrail = Guardrail(rules: [try Guardrail.Rule(kind, action: .mask)])
        let (verdict, findings) = guardrail.look(at: text)
        #expect(findings.map(\.text) == (found.isEmpty ? [] : [found]))
        let wanted: Guardrail.Verdict =
            found.isEmpty
            ? .passed(text)
            : .masked(text.replacingOccurrences(of: found, with: "{\(kind.rawValue)}"))
        #expect(verdict == wanted)
    }

    private static func fruit() throws -> Guardrail {
        Guardrail(rules: [
            try Guardrail.Rule(.email, action: .mask),
            try Guardrail.Rule(name: "ticket", pattern: #"T-\d{3,5}"#, action: .mask),
            try Guardrail.Rule(word: "forbidden fruit"),
        ])
    }

    @Test func `a text that costs too much is blocked, at its end as well`() throws {
        // Each match is told at the end alone, and what is behind it looked at again.
        let guardrail = Guardrail(rules: [
            try Guardrail.Rule(name: "late", pattern: "a([^x]*b)?", action: .note)
        ])
        for (length, isBlocked) in [(20, false), (20_000, true)] {
            var filter = GuardrailFilter(guardrail, steps: 1_000_000)
            _ = filter.take(String(repeating: "a", count: length))
            _ = filter.finish()
            #expect(filter.isBlocked == isBlocked, "\(length)")
            #expect(filter.isExhausted == isBlocked)
        }
    }

    @Test func `however a text is cut, the same is given out`() throws {
        var state: UInt64 = 3
        func random(_ n: Int) -> Int {
            state = state &* 6364136223846793005 &+ 1442695040888963407
            return Int((state >> 33) % UInt64(n))
        }
        let parts = [
            "hello ", "a@b.co", " T-12", "34", "5 ", "forbidden ", "x", ".", "T-1", "a@",
            "b.c@d.ef ",
        ]
        let guardrail = try Self.fruit()
        for _ in 0..<150 {
            let text = (0..<random(12)).map { _ in parts[random(parts.count)] }.joined()
            let (verdict, findings) = guardrail.look(at: text)
            var filter = GuardrailFilter(guardrail)
            var out = ""
            var rest = Substring(text)
            while !rest.isEmpty {
                let piece = rest.prefix(1 + random(5))
                rest = rest.dropFirst(piece.count)
                out += filter.take(String(piece))
                if case .passed(let whole) = verdict { #expect(whole.hasPrefix(out)) }
                if case .masked(let whole) = verdict { #expect(whole.hasPrefix(out)) }
            }
            out += filter.finish()
            #expect(Set(filter.findings) == Set(findings))
            switch verdict {
            case .passed(let whole), .masked(let whole): #expect(out == whole)
            case .blocked: #expect(filter.isBlocked)
            }
            if findings.isEmpty { #expect(out == text) }
        }
    }

    @Test func `a block holds everything back`() throws {
        let guardrail = try Self.fruit()
        let (verdict, findings) = guardrail.look(at: "the FORBIDDEN fruit is a@b.co")
        #expect(verdict == .blocked && findings.map(\.rule) == [2])
        #expect(guardrail.look(at: "forbidden fruits").verdict == .passed("forbidden fruits"))
    }

    @Test func `what is held back is bounded`() throws {
        let greedy = Guardrail(rules: [
            try Guardrail.Rule(name: "all", pattern: "a.*z", action: .mask)
        ])
        var filter = GuardrailFilter(greedy)
        var out = ""
        for _ in 0..<5000 { out += filter.take("a") }
        #expect(out.count > 3000)
        #expect((out + filter.finish()).count == 5000)
    }

    @Test func `common text is given out as it comes`() throws {
        let all = Guardrail(
            rules: try PersonalData.allCases.map { kind throws(TextPattern.Problem) in
                try Guardrail.Rule(kind, action: .mask)
            })
        var filter = GuardrailFilter(all)
        let text = "The quick brown fox jumps over the lazy dog, and over the fence. "
        var given = ""
        for word in text.split(separator: " ") {
            given += filter.take(String(word) + " ")
            // At most the last word may still become an address.
            #expect(given.count + word.count + 1 >= filter.length)
        }
        #expect(given + filter.finish() == text)
    }

    @Test func `each text is looked at for itself`() throws {
        let guardrail = Guardrail(
            rules: [try Guardrail.Rule(name: "start", pattern: "^ab|cd$", action: .mask)])
        var filter = GuardrailFilter(guardrail)
        #expect(filter.take("a") + filter.finish() == "a")
        #expect(filter.take("b") + filter.finish() == "b")
        #expect(filter.take("ab") + filter.finish() == "{start}")
        #expect(filter.take("xcd") + filter.finish() == "x{start}")
        #expect(filter.findings.map(\.text) == ["ab", "cd"] && filter.length == 7)
    }

    @Test func `what is only noted passes`() throws {
        let policy = GuardrailPolicy(
            words: [
                .init(text: "secret", handling: .init(inputAction: .note, outputEnabled: false))
            ],
            blockedInput: "no", blockedOutput: "no")
        let input = try Guardrail(policy, on: .input)
        let (verdict, findings) = input.look(at: "a secret")
        #expect(verdict == .passed("a secret") && findings.map(\.text) == ["secret"])
        let assessment = GuardrailAssessment(findings, by: input, length: 8)
        #expect(assessment.wordPolicy?.customWords.map(\.action) == ["NONE"])
        #expect(assessment.invocationMetrics.usage.wordPolicyUnits == 1)
        #expect(try Guardrail(policy, on: .output).rules.isEmpty)
    }

    @Test func `a guardrail that takes too long blocks`() throws {
        let slow = Guardrail(
            rules: [try Guardrail.Rule(name: "slow", pattern: "(a{0,40}b?){40}z", action: .mask)])
        var filter = GuardrailFilter(slow, steps: 100_000)
        #expect(filter.take("ab ") == "ab " && !filter.isBlocked)
        _ = filter.take(String(repeating: "a", count: 100_000))
        #expect(filter.isBlocked && filter.isExhausted && filter.findings.isEmpty)
        #expect(filter.length < 10_000)
    }
}
