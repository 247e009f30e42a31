package import Guardrails
package import Vocabulary

/// One version of a project's guardrail, as it is kept.
package struct GuardrailRow: Hashable, Sendable {
    /// What is kept as one JSON text.
    package struct Settings: Hashable, Codable, Sendable {
        package var name: String
        package var description: String?
        package var policy: GuardrailPolicy
        /// Of the draft: the last version that was ever made of it.
        package var lastVersion: Int64

        package init(
            name: String, description: String?, policy: GuardrailPolicy, lastVersion: Int64 = 0
        ) {
            self.name = name
            self.description = description
            self.policy = policy
            self.lastVersion = lastVersion
        }
    }

    /// The number of the draft, which alone may change.
    package static let draft: Int64 = 0

    package var project: ProjectID
    package var guardrail: String
    /// From 1 on, or ``draft``.
    package var version: Int64
    package var settings: Settings
    package var createdAt: Instant
    package var updatedAt: Instant

    package init(
        project: ProjectID, guardrail: String, version: Int64, settings: Settings,
        createdAt: Instant, updatedAt: Instant
    ) {
        self.project = project
        self.guardrail = guardrail
        self.version = version
        self.settings = settings
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

package protocol GuardrailRecordReader {
    /// By project, name and version.
    func guardrails() throws -> [GuardrailRow]
}

package protocol GuardrailRecorder: GuardrailRecordReader {
    func insert(_ guardrail: GuardrailRow) throws
    /// Its settings, and when they were changed.
    func update(_ guardrail: GuardrailRow) throws
    /// One version; nil: all of it.
    func removeGuardrail(_ name: String, version: Int64?, of project: ProjectID) throws
}
