/// A policy made ready for the texts of one side.
package struct Guardrail: Hashable, Sendable {
    package typealias Action = GuardrailPolicy.Action

    package enum Kind: Hashable, Sendable {
        case word
        case pattern(source: String)
        case personal(PersonalData)
    }

    package struct Rule: Hashable, Sendable {
        /// What is found, as an assessment tells it and a mask shows it.
        package var name: String
        package var kind: Kind
        package var action: Action
        let pattern: TextPattern

        /// A word, or words, in any case of letters; a word cannot be masked.
        package init(word: String, action: Action = .block) throws(TextPattern.Problem) {
            name = word
            kind = .word
            self.action = action
            pattern = try TextPattern(word: word)
        }

        package init(
            name: String, pattern: String, action: Action
        ) throws(TextPattern.Problem) {
            self.name = name
            kind = .pattern(source: pattern)
            self.action = action
            self.pattern = try TextPattern(pattern)
        }

        package init(_ data: PersonalData, action: Action) throws(TextPattern.Problem) {
            name = data.rawValue
            kind = .personal(data)
            self.action = action
            pattern = try TextPattern(data.source)
        }
    }

    package struct Finding: Hashable, Sendable {
        /// Index of the rule.
        package var rule: Int
        package var text: String
    }

    package let rules: [Rule]
    /// By the scalar that a match may begin with, one of the first 128: the rules to look at, first
    /// of those at a word's border, then elsewhere.
    private let rulesAtBorder: [[Int]]
    private let rulesElsewhere: [[Int]]
    /// Rules that may match what begins with another scalar.
    private let otherRules: [Int]

    package init(rules: [Rule]) {
        self.rules = rules
        let byByte = [true, false].map { isAtBorder in
            (0..<128).map { byte in
                rules.indices.filter {
                    rules[$0].pattern.canBegin(
                        with: Unicode.Scalar(UInt8(byte)), atBorder: isAtBorder)
                }
            }
        }
        rulesAtBorder = byByte[0]
        rulesElsewhere = byByte[1]
        otherRules = rules.indices.filter { rules[$0].pattern.canBeginBeyondBytes }
    }

    /// What of a policy counts on one side. Throws what is wrong with a pattern, which is never the
    /// case with a policy that was taken once.
    package init(_ policy: GuardrailPolicy, on side: GuardrailSide) throws(TextPattern.Problem) {
        var rules: [Rule] = []
        for word in policy.words {
            guard let action = word.handling.action(on: side) else { continue }
            rules.append(try Rule(word: word.text, action: action))
        }
        for personal in policy.personal {
            guard let action = personal.handling.action(on: side) else { continue }
            rules.append(try Rule(personal.kind, action: action))
        }
        for pattern in policy.patterns {
            guard let action = pattern.handling.action(on: side) else { continue }
            rules.append(try Rule(name: pattern.name, pattern: pattern.pattern, action: action))
        }
        self.init(rules: rules)
    }

    /// Something of a text may be replaced.
    package var masks: Bool { rules.contains { $0.action == .mask } }

    /// The rules whose match may begin with `scalar`.
    func starters(_ scalar: Unicode.Scalar, behind previous: Unicode.Scalar?) -> [Int] {
        guard scalar.value < 128 else { return otherRules }
        let isAtBorder =
            (previous.map(ScalarSet.isWord) ?? false) != ScalarSet.isWord(scalar)
        return isAtBorder ? rulesAtBorder[Int(scalar.value)] : rulesElsewhere[Int(scalar.value)]
    }

    package enum Verdict: Hashable, Sendable {
        case passed(String)
        case masked(String)
        case blocked
    }

    /// The whole of a text at once.
    package func look(at text: String) -> (verdict: Verdict, findings: [Finding]) {
        var filter = GuardrailFilter(self)
        var out = filter.take(text)
        out += filter.finish()
        return (
            filter.isBlocked ? .blocked : filter.hasMasked ? .masked(out) : .passed(out),
            filter.findings
        )
    }
}
