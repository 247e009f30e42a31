package import Guardrails
package import Vocabulary
import Wire

/// What CreateGuardrail and UpdateGuardrail send. Members of policies that we do not have are read
/// so that they can be refused by name.
package struct GuardrailForm: Codable, Sendable {
    package struct Word: Codable, Sendable {
        package var text: String
        package var inputAction: String?
        package var outputAction: String?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct WordPolicy: Codable, Sendable {
        package var wordsConfig: [Word]?
        package var managedWordListsConfig: [Unoffered]?
    }

    package struct Personal: Codable, Sendable {
        package var type: String
        package var action: String
        package var inputAction: String?
        package var outputAction: String?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct Pattern: Codable, Sendable {
        package var name: String
        package var description: String?
        package var pattern: String
        package var action: String
        package var inputAction: String?
        package var outputAction: String?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct SensitiveInformationPolicy: Codable, Sendable {
        package var piiEntitiesConfig: [Personal]?
        package var regexesConfig: [Pattern]?
    }

    package var name: String
    package var description: String?
    package var wordPolicyConfig: WordPolicy?
    package var sensitiveInformationPolicyConfig: SensitiveInformationPolicy?
    package var blockedInputMessaging: String
    package var blockedOutputsMessaging: String
    package var clientRequestToken: String?
    package var topicPolicyConfig: Unoffered?
    package var contentPolicyConfig: Unoffered?
    package var contextualGroundingPolicyConfig: Unoffered?
    package var automatedReasoningPolicyConfig: Unoffered?
    package var crossRegionConfig: Unoffered?
    package var kmsKeyId: Unoffered?
    package var tags: [Unoffered]?
}

/// A value that nobody looks at, because its being there is refused.
package struct Unoffered: Codable, Sendable {
    package init(from decoder: any Decoder) throws {}
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encodeNil()
    }
}

package struct GuardrailVersionForm: Codable, Sendable {
    package var description: String?
    package var clientRequestToken: String?

    package init(description: String? = nil, clientRequestToken: String? = nil) {
        self.description = description
        self.clientRequestToken = clientRequestToken
    }
}

package struct GuardrailCreatedBody: Hashable, Codable, Sendable {
    package var guardrailId: String
    package var guardrailArn: String
    package var version = "DRAFT"
    package var createdAt: Instant
}

package struct GuardrailUpdatedBody: Hashable, Codable, Sendable {
    package var guardrailId: String
    package var guardrailArn: String
    package var version = "DRAFT"
    package var updatedAt: Instant
}

package struct GuardrailVersionBody: Hashable, Codable, Sendable {
    package var guardrailId: String
    package var version: String
}

package struct GuardrailSummaryBody: Hashable, Codable, Sendable {
    package var id: String
    package var arn: String
    package var status = "READY"
    package var name: String
    package var description: String?
    package var version: String
    package var createdAt: Instant
    package var updatedAt: Instant
}

package struct GuardrailListBody: Hashable, Codable, Sendable {
    package var guardrails: [GuardrailSummaryBody]
    package var nextToken: String?
}

/// The answer to GetGuardrail.
package struct GuardrailBody: Hashable, Codable, Sendable {
    package struct Word: Hashable, Codable, Sendable {
        package var text: String
        package var inputAction: GuardrailPolicy.Action?
        package var outputAction: GuardrailPolicy.Action?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct WordPolicy: Hashable, Codable, Sendable {
        package var words: [Word]
    }

    package struct Personal: Hashable, Codable, Sendable {
        package var type: PersonalData
        package var action: GuardrailPolicy.Action?
        package var inputAction: GuardrailPolicy.Action?
        package var outputAction: GuardrailPolicy.Action?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct Pattern: Hashable, Codable, Sendable {
        package var name: String
        package var description: String?
        package var pattern: String
        package var action: GuardrailPolicy.Action?
        package var inputAction: GuardrailPolicy.Action?
        package var outputAction: GuardrailPolicy.Action?
        package var inputEnabled: Bool?
        package var outputEnabled: Bool?
    }

    package struct SensitiveInformationPolicy: Hashable, Codable, Sendable {
        package var piiEntities: [Personal]?
        package var regexes: [Pattern]?
    }

    package var guardrailId: String
    package var guardrailArn: String
    package var name: String
    package var description: String?
    package var version: String
    package var status = "READY"
    package var wordPolicy: WordPolicy?
    package var sensitiveInformationPolicy: SensitiveInformationPolicy?
    package var createdAt: Instant
    package var updatedAt: Instant
    package var blockedInputMessaging: String
    package var blockedOutputsMessaging: String
}

/// What ApplyGuardrail sends.
package struct GuardrailApplyForm: Codable, Sendable {
    package struct Text: Codable, Sendable {
        package var text: String
        package var qualifiers: [String]?
    }

    package struct Content: Codable, Sendable {
        package var text: Text?
        package var image: Unoffered?
    }

    package var source: String
    package var content: [Content]
    package var outputScope: String?
}

package struct GuardrailApplyBody: Hashable, Codable, Sendable {
    package struct Output: Hashable, Codable, Sendable {
        package var text: String
    }

    package var usage: GuardrailUsage
    package var action: String
    package var actionReason: String?
    package var outputs: [Output]
    package var assessments: [GuardrailAssessment]
    package var guardrailCoverage: GuardrailCoverage
}
