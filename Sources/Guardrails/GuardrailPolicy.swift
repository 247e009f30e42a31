/// What a guardrail looks for, as its owner has set it: kept, and told to gateways.
package struct GuardrailPolicy: Hashable, Codable, Sendable {
    package enum Action: String, CaseIterable, Hashable, Codable, Sendable {
        /// Nothing of the text is given out; a message stands in its place.
        case block = "BLOCK"
        /// Its name stands in its place: `{EMAIL}`.
        case mask = "ANONYMIZE"
        /// It is told, and nothing else.
        case note = "NONE"
    }

    /// What is done about one thing, kept as it was set.
    package struct Handling: Hashable, Codable, Sendable {
        /// On sides that have no action of their own; nil: it is blocked.
        package var action: Action?
        package var inputAction: Action?
        package var outputAction: Action?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?

        package init(
            action: Action? = nil, inputAction: Action? = nil, outputAction: Action? = nil,
            inputEnabled: Bool? = nil, outputEnabled: Bool? = nil
        ) {
            self.action = action
            self.inputAction = inputAction
            self.outputAction = outputAction
            self.inputEnabled = inputEnabled
            self.outputEnabled = outputEnabled
        }

        /// nil: it is not looked for.
        package func action(on side: GuardrailSide) -> Action? {
            switch side {
            case .input: inputEnabled == false ? nil : inputAction ?? action ?? .block
            case .output: outputEnabled == false ? nil : outputAction ?? action ?? .block
            }
        }
    }

    package struct Word: Hashable, Codable, Sendable {
        package var text: String
        package var handling: Handling

        package init(text: String, handling: Handling) {
            self.text = text
            self.handling = handling
        }
    }

    package struct Personal: Hashable, Codable, Sendable {
        package var kind: PersonalData
        package var handling: Handling

        package init(kind: PersonalData, handling: Handling) {
            self.kind = kind
            self.handling = handling
        }
    }

    package struct Pattern: Hashable, Codable, Sendable {
        package var name: String
        package var description: String?
        package var pattern: String
        package var handling: Handling

        package init(name: String, description: String?, pattern: String, handling: Handling) {
            self.name = name
            self.description = description
            self.pattern = pattern
            self.handling = handling
        }
    }

    package static let maximumWords = 500
    package static let maximumWordLength = 100
    package static let maximumPatterns = 30

    package var words: [Word]
    package var personal: [Personal]
    package var patterns: [Pattern]
    /// What is answered in the place of a blocked prompt, and of a blocked answer.
    package var blockedInput: String
    package var blockedOutput: String

    package init(
        words: [Word] = [], personal: [Personal] = [], patterns: [Pattern] = [],
        blockedInput: String, blockedOutput: String
    ) {
        self.words = words
        self.personal = personal
        self.patterns = patterns
        self.blockedInput = blockedInput
        self.blockedOutput = blockedOutput
    }
}

/// Which way a text goes.
package enum GuardrailSide: String, CaseIterable, Codable, Sendable {
    case input = "INPUT"
    case output = "OUTPUT"
}
