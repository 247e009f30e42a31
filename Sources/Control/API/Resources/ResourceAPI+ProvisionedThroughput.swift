import Fleet
import Vocabulary
import Wire

/// Bedrock's provisioned throughput: on record, and a name by which the model is called. It
/// reserves no capacity and costs nothing by itself; tokens are charged as ever.
extension ResourceAPI {
    func provisionedThroughput(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .createProvisionedThroughput: return try await createProvisioned(call)
        case .getProvisionedThroughput:
            return try .json(Self.provisioned(try await alias(call, .provisioned), call.identity))
        case .updateProvisionedThroughput:
            try await changeProvisioned(call)
            return try .json(EmptyAnswer())
        case .deleteProvisionedThroughput:
            try await desk.removeModelAlias(
                try await alias(call, .provisioned).id, call.identity)
            return try .json(EmptyAnswer())
        default: return try await listProvisioned(call)
        }
    }

    private static let maximumUnits: Int64 = 1_000_000

    private func createProvisioned(_ call: ResourceCall) async throws -> APIResponse {
        let body: ProvisionedThroughputCreate = try call.body()
        try ResourceForm.requireName(body.provisionedModelName, "provisionedModelName", upTo: 63)
        guard (1...Self.maximumUnits).contains(body.modelUnits) else {
            throw Failure(
                .invalidRequest, "'modelUnits' is a number from 1 to \(Self.maximumUnits).",
                parameter: "modelUnits")
        }
        guard body.commitmentDuration == nil else {
            throw Failure(
                .unsupported,
                "Throughput is not sold for a term here. Leave 'commitmentDuration' out.",
                parameter: "commitmentDuration")
        }
        let draft = ModelAliasDraft(
            kind: .provisionedThroughput(units: body.modelUnits), name: body.provisionedModelName,
            model: BedrockTarget.model(of: body.modelId), tags: try ResourceForm.tags(body.tags))
        let made = try await desk.addModelAlias(
            draft, token: body.clientRequestToken, call.identity)
        return try .json(
            ProvisionedThroughputCreated(provisionedModelArn: Self.arn(made, call.identity)),
            status: 201)
    }

    private func changeProvisioned(_ call: ResourceCall) async throws {
        let id = try await alias(call, .provisioned).id
        let body: ProvisionedThroughputUpdate = try call.body()
        if let name = body.desiredProvisionedModelName {
            try ResourceForm.requireName(name, "desiredProvisionedModelName", upTo: 63)
        }
        _ = try await desk.changeModelAlias(id, call.identity) { alias in
            if let name = body.desiredProvisionedModelName { alias.name = name }
            if let model = body.desiredModelId { alias.model = BedrockTarget.model(of: model) }
        }
    }

    private func listProvisioned(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let status = try call.choice(
            "statusEquals", of: ProvisionedThroughputBody.statuses, in: query)
        let order = try call.choice("sortOrder", of: ["Ascending", "Descending"], in: query)
        let after = try Self.instant("creationTimeAfter", in: query)
        let before = try Self.instant("creationTimeBefore", in: query)
        let all = try await desk.modelAliases(call.identity).filter { alias in
            alias.kind != .inferenceProfile
                && (status ?? ProvisionedThroughputBody.inService)
                    == ProvisionedThroughputBody.inService
                && (query["nameContains"].map { alias.name.contains($0) } ?? true)
                && (query["modelArnEquals"].map { BedrockTarget.model(of: $0) == alias.model }
                    ?? true)
                && (after.map { alias.createdAt > $0 } ?? true)
                && (before.map { alias.createdAt < $0 } ?? true)
        }
        // AWS begins with the newest where nothing is said.
        let page = try ResourceForm.page(
            all, in: query, newestFirst: order != "Ascending", id: { "\($0.id)" }, call: call)
        return try .json(
            ProvisionedThroughputList(
                provisionedModelSummaries: page.items.map { Self.provisioned($0, call.identity) },
                nextToken: page.next))
    }

    static func instant(
        _ name: String, in query: [String: String]
    ) throws(Failure) -> Instant? {
        guard let text = query[name] else { return nil }
        guard let instant = Instant(text) else {
            throw Failure(
                .invalidRequest, "'\(name)' is a time like 2026-11-01T00:00:00Z.",
                parameter: name)
        }
        return instant
    }

    private static func provisioned(
        _ alias: ModelAlias, _ identity: CustomerIdentity
    ) -> ProvisionedThroughputBody {
        var units: Int64 = 0
        if case .provisionedThroughput(let known) = alias.kind { units = known }
        return ProvisionedThroughputBody(
            name: alias.name, units: units, arn: arn(alias, identity), model: alias.model,
            createdAt: alias.createdAt, updatedAt: alias.updatedAt)
    }
}
