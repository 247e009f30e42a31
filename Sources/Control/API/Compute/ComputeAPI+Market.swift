import Vocabulary
import Wire

extension ComputeAPI {
    func market(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .marketShow:
            let query = try call.query("limit_price")
            let limit = try query.value("limit_price", "an amount of dollars") { Money($0) }
            return try .json(
                try await desk.market(call.name("pool", of: Pool.self), limit: limit))
        case .marketChange:
            return try .json(
                try await desk.changeMarket(call.name("pool", of: Pool.self), call.body()))
        case .floorList:
            return try .json(try await desk.floors())
        case .throughputChange:
            return try .json(
                try await desk.declareThroughput(of: call.text("model"), call.body()))
        default:
            return try .json(try await desk.markets())
        }
    }
}
