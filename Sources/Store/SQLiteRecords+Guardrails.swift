import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Guardrails = Statements.Guardrails

    func insert(_ guardrail: GuardrailRow) throws {
        try execute(
            Guardrails.insert, "\(guardrail.project)", guardrail.guardrail, guardrail.version,
            Self.json(guardrail.settings), guardrail.createdAt.microseconds,
            guardrail.updatedAt.microseconds)
    }

    func guardrails() throws -> [GuardrailRow] {
        try rows(Guardrails.every) { row in
            GuardrailRow(
                project: try row.identifier(0), guardrail: row.text(1), version: row.whole(2),
                settings: try Self.decoded(from: row.text(3)), createdAt: row.instant(4),
                updatedAt: row.instant(5))
        }
    }

    func update(_ guardrail: GuardrailRow) throws {
        try execute(
            Guardrails.update, "\(guardrail.project)", guardrail.guardrail, guardrail.version,
            Self.json(guardrail.settings), guardrail.updatedAt.microseconds)
    }

    func removeGuardrail(_ name: String, version: Int64?, of project: ProjectID) throws {
        if let version {
            try execute(Guardrails.removeVersion, "\(project)", name, version)
        } else {
            try execute(Guardrails.remove, "\(project)", name)
        }
    }
}
