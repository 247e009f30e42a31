import Fleet
import Records
import Vocabulary
import Wire

/// Tags of what a project keeps with us.
extension ResourceAPI {
    func tags(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .tagResource:
            let body: TagResourceBody = try call.body()
            let tags = try ResourceForm.tags(body.tags)
            try await change(body.resourceARN, call.identity) { all throws(Failure) in
                all.merge(tags) { _, new in new }
                try ResourceForm.requireFew(all)
            }
        case .untagResource:
            let body: UntagResourceBody = try call.body()
            try await change(body.resourceARN, call.identity) { all throws(Failure) in
                for key in body.tagKeys { all[key] = nil }
            }
        default:
            let body: ListTagsBody = try call.body()
            return try .json(
                TagList(tags: ResourceForm.list(try await tags(body.resourceARN, call.identity))))
        }
        return try .json(EmptyAnswer())
    }

    private func tags(
        _ arn: String, _ identity: CustomerIdentity
    ) async throws -> [String: String] {
        switch try await tagged(arn, identity) {
        case .alias(let id):
            let all = try await desk.modelAliases(identity)
            guard let alias = all.first(where: { $0.id == id }) else { throw Self.nothingThere() }
            return alias.tags
        case .job(let id):
            return try await desk.batch(id, of: identity.project, form: .bedrock)
                .state.job?.tags ?? [:]
        }
    }

    private func change(
        _ arn: String, _ identity: CustomerIdentity,
        _ change: @escaping @Sendable (inout [String: String]) throws(Failure) -> Void
    ) async throws {
        switch try await tagged(arn, identity) {
        case .alias(let id):
            _ = try await desk.changeModelAlias(id, identity) { try change(&$0.tags) }
        case .job(let id):
            try await desk.changeJobTags(of: id, in: identity.project, change)
        }
    }

    private enum Tagged {
        case alias(InferenceProfileID)
        case job(BatchID)
    }

    private func tagged(_ arn: String, _ identity: CustomerIdentity) async throws -> Tagged {
        guard let name = BedrockName(arn), let kind = name.kind else { throw Self.nothingThere() }
        switch kind {
        case BedrockName.profileKind, BedrockName.provisionedKind:
            guard let id = BedrockName.alias(name.name) else { throw Self.nothingThere() }
            return .alias(id)
        case BedrockName.jobKind:
            return .job(try await invocationJob(arn, of: identity.project).row.id)
        default: throw Self.nothingThere()
        }
    }
}
