import Vocabulary
import Wire

extension OwnerAPI {
    func offer(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .modelAdd:
            return try .json(try await service.addModel(call.body()), status: 201)
        case .modelRemove:
            return try .json(try await service.removeModel(call.text("model")))
        case .modelShow:
            return try .json(try await service.model(call.text("model")))
        case .modelScale:
            return try .json(
                try await service.scaleModel(call.text("model"), call.body()))
        case .priceList:
            return try .json(try await service.prices())
        case .priceShow:
            return try .json(try await service.prices(version: version(call)))
        case .priceCheck:
            return try .json(try await service.checkPrices(call.body()))
        case .priceApply:
            let applied = try await service.applyPrices(call.body(), idempotency: call.idempotency)
            return try .json(applied, status: 201)
        default:
            return try .json(try await service.models())
        }
    }

    private func version(_ call: APICall) throws(Failure) -> Int64? {
        let text = call.text("version")
        if text == "current" { return nil }
        guard let version = Int64(text), version > 0 else {
            throw Failure(
                .notFound, "'\(text)' is no version; write a number or 'current'.",
                parameter: "version")
        }
        return version
    }
}
