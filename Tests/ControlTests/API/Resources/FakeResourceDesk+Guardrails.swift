import Control
import Guardrails
import TestKit
import Vocabulary

/// Guardrails are tested on the real desk.
extension FakeResourceDesk {
    private static let none = Failure(.notFound, "This desk has no guardrails.")

    func createGuardrail(
        _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailCreatedBody { throw Self.none }

    func updateGuardrail(
        _ identifier: String, _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailUpdatedBody { throw Self.none }

    func createGuardrailVersion(
        _ identifier: String, _ form: GuardrailVersionForm, for project: ProjectID
    ) async throws -> GuardrailVersionBody { throw Self.none }

    func deleteGuardrail(
        _ identifier: String, version: String?, for project: ProjectID
    ) async throws { throw Self.none }

    func getGuardrail(
        _ identifier: String, version: String?, for project: ProjectID
    ) async throws -> GuardrailBody { throw Self.none }

    func listGuardrails(
        _ identifier: String?, for project: ProjectID
    ) async throws -> [GuardrailSummaryBody] { throw Self.none }

    func guardrailPolicy(
        _ identifier: String, version: String, for project: ProjectID
    ) async throws -> GuardrailPolicy { throw Self.none }
}
