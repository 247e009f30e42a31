package import Guardrails
package import Vocabulary
import Wire

/// A project's guardrails. An identifier is a name or an ARN around it; a version is `DRAFT` or a
/// number, and the draft where it is nil.
package protocol GuardrailDesk: Sendable {
    func createGuardrail(
        _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailCreatedBody
    func updateGuardrail(
        _ identifier: String, _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailUpdatedBody
    func createGuardrailVersion(
        _ identifier: String, _ form: GuardrailVersionForm, for project: ProjectID
    ) async throws -> GuardrailVersionBody
    /// Without a version, all of it.
    func deleteGuardrail(
        _ identifier: String, version: String?, for project: ProjectID)
        async throws
    func getGuardrail(
        _ identifier: String, version: String?, for project: ProjectID
    ) async throws -> GuardrailBody
    func listGuardrails(
        _ identifier: String?, for project: ProjectID
    ) async throws -> [GuardrailSummaryBody]
    func guardrailPolicy(
        _ identifier: String, version: String, for project: ProjectID
    ) async throws -> GuardrailPolicy
}

/// Bedrock's guardrails.
extension ResourceAPI {
    static let maximumGuardrailPage = 1000

    func guardrails(_ call: ResourceCall) async throws -> APIResponse {
        let project = call.identity.project
        let id = call.text("id")
        switch call.operation {
        case .createGuardrail:
            return try .json(try await desk.createGuardrail(call.body(), for: project), status: 202)
        case .updateGuardrail:
            return try .json(
                try await desk.updateGuardrail(id, call.body(), for: project), status: 202)
        case .createGuardrailVersion:
            let form = call.request.body.isEmpty ? GuardrailVersionForm() : try call.body()
            return try .json(
                try await desk.createGuardrailVersion(id, form, for: project), status: 202)
        case .deleteGuardrail:
            let version = try call.query()["guardrailVersion"]
            try await desk.deleteGuardrail(id, version: version, for: project)
            return APIResponse(status: 202, contentType: "application/json", body: Array("{}".utf8))
        case .getGuardrail:
            let version = try call.query()["guardrailVersion"]
            return try .json(try await desk.getGuardrail(id, version: version, for: project))
        case .applyGuardrail:
            let form: GuardrailApplyForm = try call.body()
            let policy = try await desk.guardrailPolicy(
                id, version: call.text("version"), for: project)
            return try .json(try form.look(policy))
        default: return try await listGuardrails(call)
        }
    }

    /// A page's token is where the next one begins.
    private func listGuardrails(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let most =
            try call.whole("maxResults", 1...Self.maximumGuardrailPage, in: query)
            ?? Self.maximumGuardrailPage
        let first = try call.whole("nextToken", 0...Self.maximumGuardrailPage, in: query) ?? 0
        let all = try await desk.listGuardrails(
            query["guardrailIdentifier"], for: call.identity.project)
        let page = all.dropFirst(first).prefix(most)
        let end = first + page.count
        return try .json(
            GuardrailListBody(
                guardrails: Array(page), nextToken: end < all.count ? "\(end)" : nil))
    }
}
