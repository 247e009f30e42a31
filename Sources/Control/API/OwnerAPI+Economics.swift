import CapacityPath
import Vocabulary
import Wire

extension OwnerAPI {
    func economics(_ call: APICall) async throws -> APIResponse {
        let query = try call.query("from", "to")
        let report = try await service.economics(
            from: query.value("from", "a day like 2026-11-01", Instant.init(_:)),
            to: query.value("to", "a day like 2026-12-01", Instant.init(_:)))
        guard call.route == .economicsPage else { return try .json(report) }
        return .page(try EconomicsPage.render(report))
    }
}
