import Fleet
import Vocabulary
import Wire

/// Tags of what a project keeps with us.
extension ResourceAPI {
    func tags(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .tagResource:
            let body: TagResourceBody = try call.body()
            let tags = try ResourceForm.tags(body.tags)
            _ = try await desk.changeModelAlias(
                try tagged(body.resourceARN), call.identity
            ) { alias in
                alias.tags.merge(tags) { _, new in new }
                try ResourceForm.requireFew(alias.tags)
            }
        case .untagResource:
            let body: UntagResourceBody = try call.body()
            _ = try await desk.changeModelAlias(
                try tagged(body.resourceARN), call.identity
            ) { alias in
                for key in body.tagKeys { alias.tags[key] = nil }
            }
        default:
            let body: ListTagsBody = try call.body()
            let id = try tagged(body.resourceARN)
            let all = try await desk.modelAliases(call.identity)
            guard let alias = all.first(where: { $0.id == id }) else { throw Self.nothingThere() }
            return try .json(TagList(tags: ResourceForm.list(alias.tags)))
        }
        return try .json(EmptyAnswer())
    }

    private func tagged(_ arn: String) throws(Failure) -> InferenceProfileID {
        guard let name = BedrockName(arn), let kind = name.kind,
            kind == BedrockName.profileKind || kind == BedrockName.provisionedKind,
            let id = BedrockName.alias(name.name)
        else { throw Self.nothingThere() }
        return id
    }
}
