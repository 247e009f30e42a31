import Vocabulary
import Wire

extension ComputeAPI {
    func surplus(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .surplusExplain:
            let query = try call.query("at")
            return try .json(
                try await desk.surplusExplanation(
                    of: call.name("pool", of: Pool.self), at: time("at", query)))
        case .surplusHistory:
            let query = try call.query("from", "to", "limit")
            return try .json(
                try await desk.surplusHistory(
                    of: call.name("pool", of: Pool.self), from: time("from", query),
                    to: time("to", query), limit: query.pageLimit()))
        case .planList: return try .json(try await desk.plans())
        case .planAdd:
            let body = try call.body(PlanAddBody.self)
            guard (1...1_000_000).contains(body.accelerators) else {
                throw Failure(
                    .invalidRequest, "A plan is for 1 accelerator or more.",
                    parameter: "accelerators")
            }
            guard body.from < body.until else {
                throw Failure(
                    .invalidRequest, "A plan ends after it begins.", parameter: "until")
            }
            guard (body.note ?? "").count <= 200 else {
                throw Failure(
                    .invalidRequest, "A note has up to 200 characters.", parameter: "note")
            }
            let plan = try await desk.add(body, idempotency: call.idempotency)
            return try .json(plan, status: 201)
        case .planRemove:
            return try .json(
                try await desk.removePlan(call.identifier("plan", of: DemandPlan.self)))
        default: return try .json(try await desk.surplus())
        }
    }

    private func time(_ name: String, _ query: APIQuery) throws(Failure) -> Instant? {
        try query.value(name, "a time such as 2026-12-01T08:00:00Z", Instant.init)
    }
}
