/// What a guardrail found in the texts of one side, under Bedrock's names of its members.
package struct GuardrailAssessment: Hashable, Codable, Sendable {
    package struct Word: Hashable, Codable, Sendable {
        package var match: String
        package var action: String
        package var detected = true
    }

    package struct WordPolicy: Hashable, Codable, Sendable {
        package var customWords: [Word]
        /// There are none.
        package var managedWordLists: [Word] = []
    }

    package struct Personal: Hashable, Codable, Sendable {
        package var match: String
        package var type: PersonalData
        package var action: String
        package var detected = true
    }

    package struct Pattern: Hashable, Codable, Sendable {
        package var name: String
        package var match: String
        package var regex: String
        package var action: String
        package var detected = true
    }

    package struct SensitiveInformationPolicy: Hashable, Codable, Sendable {
        package var piiEntities: [Personal]
        package var regexes: [Pattern]
    }

    package struct Metrics: Hashable, Codable, Sendable {
        /// Milliseconds.
        package var guardrailProcessingLatency: Int64
        package var usage: GuardrailUsage
        package var guardrailCoverage: GuardrailCoverage
    }

    package var wordPolicy: WordPolicy?
    package var sensitiveInformationPolicy: SensitiveInformationPolicy?
    package var invocationMetrics: Metrics

    /// Equal findings are told once.
    package init(
        _ findings: [Guardrail.Finding], by guardrail: Guardrail, length: Int,
        milliseconds: Int64 = 0
    ) {
        var words: [Word] = []
        var personal: [Personal] = []
        var patterns: [Pattern] = []
        var seen: Set<Guardrail.Finding> = []
        for finding in findings where seen.insert(finding).inserted {
            let rule = guardrail.rules[finding.rule]
            let action = Self.word(for: rule.action)
            switch rule.kind {
            case .word: words.append(Word(match: finding.text, action: action))
            case .personal(let data):
                personal.append(Personal(match: finding.text, type: data, action: action))
            case .pattern(let source):
                patterns.append(
                    Pattern(name: rule.name, match: finding.text, regex: source, action: action))
            }
        }
        if !words.isEmpty { wordPolicy = WordPolicy(customWords: words) }
        if !personal.isEmpty || !patterns.isEmpty {
            sensitiveInformationPolicy = SensitiveInformationPolicy(
                piiEntities: personal, regexes: patterns)
        }
        invocationMetrics = Metrics(
            guardrailProcessingLatency: milliseconds,
            usage: GuardrailUsage(guardrail, length: length),
            guardrailCoverage: GuardrailCoverage(length: length))
    }

    private static func word(for action: GuardrailPolicy.Action) -> String {
        switch action {
        case .block: "BLOCKED"
        case .mask: "ANONYMIZED"
        case .note: "NONE"
        }
    }
}

/// Units of 1,000 characters that each policy looked at. They are told and cost nothing.
package struct GuardrailUsage: Hashable, Codable, Sendable {
    package var topicPolicyUnits = 0
    package var contentPolicyUnits = 0
    package var wordPolicyUnits = 0
    package var sensitiveInformationPolicyUnits = 0
    package var sensitiveInformationPolicyFreeUnits = 0
    package var contextualGroundingPolicyUnits = 0

    package init(_ guardrail: Guardrail, length: Int) {
        let units = (length + 999) / 1000
        for rule in guardrail.rules {
            switch rule.kind {
            case .word: wordPolicyUnits = units
            case .personal: sensitiveInformationPolicyUnits = units
            case .pattern: sensitiveInformationPolicyFreeUnits = units
            }
        }
    }
}

/// How much of a text was looked at: all of it.
package struct GuardrailCoverage: Hashable, Codable, Sendable {
    package struct Count: Hashable, Codable, Sendable {
        package var guarded: Int
        package var total: Int
    }

    package var textCharacters: Count

    package init(length: Int) { textCharacters = Count(guarded: length, total: length) }
}
