import Fleet
import Vocabulary
import Wire

/// Bedrock's application inference profiles. System-defined ones are of AWS's regions: there are
/// none here.
extension ResourceAPI {
    func inferenceProfiles(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .createInferenceProfile: return try await createProfile(call)
        case .getInferenceProfile:
            return try .json(Self.profile(try await alias(call, .profile), call.identity))
        case .deleteInferenceProfile:
            try await desk.removeModelAlias(try await alias(call, .profile).id, call.identity)
            return try .json(EmptyAnswer())
        default: return try await listProfiles(call)
        }
    }

    private func createProfile(_ call: ResourceCall) async throws -> APIResponse {
        let body: InferenceProfileCreate = try call.body()
        try ResourceForm.requireName(
            body.inferenceProfileName, "inferenceProfileName", upTo: 64, separators: " _-")
        if let description = body.description {
            try ResourceForm.requireName(
                description, "description", upTo: 200, separators: " _-", alsoIn: ":.")
        }
        guard let source = BedrockName(body.modelSource.copyFrom),
            source.kind == "foundation-model" || source.kind == "inference-profile"
        else {
            throw Failure(
                .invalidRequest, "A profile is made of a foundation model's ARN.",
                parameter: "modelSource.copyFrom")
        }
        let draft = ModelAliasDraft(
            kind: .inferenceProfile, name: body.inferenceProfileName, model: source.name,
            description: body.description, tags: try ResourceForm.tags(body.tags))
        let made = try await desk.addModelAlias(
            draft, token: body.clientRequestToken, call.identity)
        return try .json(
            InferenceProfileCreated(inferenceProfileArn: Self.arn(made, call.identity)),
            status: 201)
    }

    private func listProfiles(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let type = try call.choice("type", of: ["SYSTEM_DEFINED", "APPLICATION"], in: query)
        let all = try await desk.modelAliases(call.identity).filter {
            $0.kind == .inferenceProfile && type != "SYSTEM_DEFINED"
        }
        let page = try ResourceForm.page(all, in: query, id: { "\($0.id)" }, call: call)
        return try .json(
            InferenceProfileList(
                inferenceProfileSummaries: page.items.map { Self.profile($0, call.identity) },
                nextToken: page.next))
    }

    private static func profile(
        _ alias: ModelAlias, _ identity: CustomerIdentity
    ) -> InferenceProfileBody {
        InferenceProfileBody(
            name: alias.name, description: alias.description, createdAt: alias.createdAt,
            updatedAt: alias.updatedAt, arn: arn(alias, identity),
            id: BedrockName.text(of: alias.id), model: alias.model)
    }

    // MARK: What both kinds of names have in common

    enum AliasKind {
        case profile, provisioned

        var label: String {
            self == .profile ? BedrockName.profileKind : BedrockName.provisionedKind
        }

        func holds(_ alias: ModelAlias) -> Bool {
            (alias.kind == .inferenceProfile) == (self == .profile)
        }
    }

    static func arn(_ alias: ModelAlias, _ identity: CustomerIdentity) -> String {
        let kind: AliasKind = alias.kind == .inferenceProfile ? .profile : .provisioned
        return BedrockName.kept(kind.label, alias.id, by: identity.organization)
    }

    /// By its id or its ARN, as the path has it.
    func alias(_ call: ResourceCall, _ kind: AliasKind) async throws -> ModelAlias {
        let text = call.text("id")
        let all = try await desk.modelAliases(call.identity).filter(kind.holds)
        guard let name = BedrockName(text), name.kind == nil || name.kind == kind.label,
            let found = all.first(where: { BedrockName.text(of: $0.id) == name.name })
                ?? all.first(where: { kind == .provisioned && $0.name == name.name })
        else { throw Self.nothingThere() }
        return found
    }

    static func nothingThere() -> Failure {
        Failure(.notFound, "There is no such thing in this key's project.")
    }
}
