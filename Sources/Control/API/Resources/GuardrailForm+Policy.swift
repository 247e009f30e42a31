import Guardrails
import Vocabulary

/// What a customer asks for, as a policy; what is not offered is refused by name.
extension GuardrailForm {
    static let maximumName = 50
    static let maximumDescription = 200
    static let maximumMessage = 500
    static let maximumPatternName = 100
    static let maximumPatternDescription = 1000

    private typealias Action = GuardrailPolicy.Action

    func policy() throws(Failure) -> GuardrailPolicy {
        try checkOffered()
        try checkTexts()
        let words = try self.words()
        let personal = try self.personal()
        let patterns = try self.patterns()
        guard !words.isEmpty || !personal.isEmpty || !patterns.isEmpty else {
            throw Self.invalid(
                "wordPolicyConfig",
                "a guardrail has words, kinds of personal data or patterns to look for")
        }
        return GuardrailPolicy(
            words: words, personal: personal, patterns: patterns,
            blockedInput: blockedInputMessaging, blockedOutput: blockedOutputsMessaging)
    }

    private func checkOffered() throws(Failure) {
        let refused: [(name: String, isThere: Bool)] = [
            ("topicPolicyConfig", topicPolicyConfig != nil),
            ("contentPolicyConfig", contentPolicyConfig != nil),
            ("contextualGroundingPolicyConfig", contextualGroundingPolicyConfig != nil),
            ("automatedReasoningPolicyConfig", automatedReasoningPolicyConfig != nil),
            ("crossRegionConfig", crossRegionConfig != nil),
            ("kmsKeyId", kmsKeyId != nil),
            ("tags", tags?.isEmpty == false),
            (
                "wordPolicyConfig.managedWordListsConfig",
                wordPolicyConfig?.managedWordListsConfig?.isEmpty == false
            ),
        ]
        for (name, isThere) in refused where isThere {
            throw Failure(
                .unsupported,
                "'\(name)' is not offered here. A guardrail has wordPolicyConfig.wordsConfig and "
                    + "sensitiveInformationPolicyConfig.", parameter: name)
        }
    }

    private func checkTexts() throws(Failure) {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        guard isName, (1...Self.maximumName).contains(name.utf8.count) else {
            throw Self.invalid(
                "name", "has 1 to \(Self.maximumName) letters, digits, '-' and '_'")
        }
        try Self.check(description, "description", Self.maximumDescription)
        try Self.check(blockedInputMessaging, "blockedInputMessaging", Self.maximumMessage)
        try Self.check(blockedOutputsMessaging, "blockedOutputsMessaging", Self.maximumMessage)
    }

    private func words() throws(Failure) -> [GuardrailPolicy.Word] {
        let list = "wordPolicyConfig.wordsConfig"
        let config = wordPolicyConfig?.wordsConfig ?? []
        guard config.count <= GuardrailPolicy.maximumWords else {
            throw Self.invalid(list, "holds at most \(GuardrailPolicy.maximumWords) words")
        }
        var words: [GuardrailPolicy.Word] = []
        for (index, word) in config.enumerated() {
            let path = "\(list)[\(index)]"
            try Self.check(word.text, "\(path).text", GuardrailPolicy.maximumWordLength)
            words.append(
                GuardrailPolicy.Word(
                    text: word.text,
                    handling: GuardrailPolicy.Handling(
                        inputAction: try Self.action(
                            word.inputAction, "\(path).inputAction", masks: false),
                        outputAction: try Self.action(
                            word.outputAction, "\(path).outputAction", masks: false),
                        inputEnabled: word.inputEnabled, outputEnabled: word.outputEnabled)))
        }
        return words
    }

    private func personal() throws(Failure) -> [GuardrailPolicy.Personal] {
        let list = "sensitiveInformationPolicyConfig.piiEntitiesConfig"
        var entities: [GuardrailPolicy.Personal] = []
        for (index, entity) in (sensitiveInformationPolicyConfig?.piiEntitiesConfig ?? [])
            .enumerated()
        {
            let path = "\(list)[\(index)]"
            guard let kind = PersonalData(rawValue: entity.type) else {
                let offered = PersonalData.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(
                    .unsupported,
                    "'\(path).type': \(entity.type.prefix(64)) is not offered here. Offered are "
                        + "\(offered).", parameter: "\(path).type")
            }
            guard !entities.contains(where: { $0.kind == kind }) else {
                throw Self.invalid("\(path).type", "stands twice: \(kind.rawValue)")
            }
            entities.append(
                GuardrailPolicy.Personal(
                    kind: kind,
                    handling: GuardrailPolicy.Handling(
                        action: try Self.action(entity.action, "\(path).action"),
                        inputAction: try Self.action(entity.inputAction, "\(path).inputAction"),
                        outputAction: try Self.action(
                            entity.outputAction, "\(path).outputAction"),
                        inputEnabled: entity.inputEnabled, outputEnabled: entity.outputEnabled)))
        }
        return entities
    }

    private func patterns() throws(Failure) -> [GuardrailPolicy.Pattern] {
        let list = "sensitiveInformationPolicyConfig.regexesConfig"
        let config = sensitiveInformationPolicyConfig?.regexesConfig ?? []
        guard config.count <= GuardrailPolicy.maximumPatterns else {
            throw Self.invalid(list, "holds at most \(GuardrailPolicy.maximumPatterns) patterns")
        }
        var patterns: [GuardrailPolicy.Pattern] = []
        for (index, pattern) in config.enumerated() {
            let path = "\(list)[\(index)]"
            try Self.check(pattern.name, "\(path).name", Self.maximumPatternName)
            try Self.check(
                pattern.description, "\(path).description", Self.maximumPatternDescription)
            do throws(TextPattern.Problem) {
                _ = try TextPattern(pattern.pattern)
            } catch {
                throw Self.invalid(
                    "\(path).pattern", "\(error.text) (at character \(error.position + 1))")
            }
            patterns.append(
                GuardrailPolicy.Pattern(
                    name: pattern.name, description: pattern.description,
                    pattern: pattern.pattern,
                    handling: GuardrailPolicy.Handling(
                        action: try Self.action(pattern.action, "\(path).action"),
                        inputAction: try Self.action(pattern.inputAction, "\(path).inputAction"),
                        outputAction: try Self.action(
                            pattern.outputAction, "\(path).outputAction"),
                        inputEnabled: pattern.inputEnabled, outputEnabled: pattern.outputEnabled)))
        }
        return patterns
    }

    private static func action(
        _ text: String?, _ path: String, masks: Bool = true
    ) throws(Failure) -> Action? {
        guard let text else { return nil }
        guard let action = Action(rawValue: text), masks || action != .mask else {
            throw invalid(path, "is BLOCK\(masks ? ", ANONYMIZE" : "") or NONE")
        }
        return action
    }

    static func check(_ text: String?, _ path: String, _ most: Int) throws(Failure) {
        guard let text, !(1...most).contains(text.unicodeScalars.count) else { return }
        throw invalid(path, "has 1 to \(most) characters")
    }

    static func invalid(_ path: String, _ complaint: String) -> Failure {
        Failure(.invalidRequest, "'\(path)' \(complaint).", parameter: path)
    }
}
