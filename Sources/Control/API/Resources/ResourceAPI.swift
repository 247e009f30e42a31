import Vocabulary
import Wire

/// What control can be asked for about the things that customers keep with it under a vendor's API.
/// A customer sees and touches what belongs to its key's project; all else does not exist for it.
package protocol ResourceDesk: FoundationModelDesk, ModelAliasDesk, FileDesk, BatchOrderDesk,
    GuardrailDesk, ResponseDesk, ObjectDesk
{}

/// The operations of vendors' APIs on what customers keep with us: decodes, checks the form, asks
/// the desk, answers in the dialect. One handler for each family, in the files beside this one.
package struct ResourceAPI: Sendable {
    let desk: any ResourceDesk

    package init(desk: any ResourceDesk) { self.desk = desk }

    /// nil where the request line names no such operation.
    func respond(to request: APIRequest) async -> APIResponse? {
        let method = request.method == "HEAD" ? "GET" : request.method
        guard
            let (operation, parameters) = try? ResourceOperation.match(
                method: method, path: request.path)
        else { return nil }
        let id = request.headers["x-request-id"] ?? ""
        var response: APIResponse
        do {
            let call = ResourceCall(
                operation, parameters: parameters, identity: try CustomerIdentity(request),
                request: request)
            response = try await answer(call)
        } catch let failure as Failure {
            response = .failure(failure, in: operation.errorForm, requestID: id)
        } catch {
            response = .failure(
                Failure(.internalError, "Something went wrong here; nothing was changed."),
                in: operation.errorForm, requestID: id)
        }
        if let form = operation.errorForm {
            response.headers[form.requestHeader.lowercased()] = id
        }
        return response
    }

    private func answer(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation.family {
        case .foundationModels: try await foundationModels(call)
        case .inferenceProfiles: try await inferenceProfiles(call)
        case .provisionedThroughput: try await provisionedThroughput(call)
        case .tags: try await tags(call)
        case .files: try await files(call)
        case .batches: try await batches(call)
        case .messageBatches: try await messageBatches(call)
        case .guardrails: try await guardrails(call)
        case .responses: try await responses(call)
        case .objects: try await objects(call)
        case .invocationJobs: try await invocationJobs(call)
        }
    }
}

extension APIResponse {
    /// A failure in a vendor's form; nil: OpenAI's.
    static func failure(
        _ failure: Failure, in form: (any ErrorForm.Type)?, requestID: String
    ) -> APIResponse {
        var response = APIResponse(
            status: form?.status(of: failure.code) ?? OpenAIStatus.status(of: failure.code),
            contentType: form?.errorContentType ?? "application/json",
            body: form?.error(failure, requestID: requestID)
                ?? OpenAIErrorBody.make(failure, requestID: requestID))
        for (name, value) in form?.errorHeaders(failure) ?? [] {
            response.headers[name.lowercased()] = value
        }
        let isWorthIt = failure.retry != .never || OpenAIStatus.shouldRetry(of: failure.code)
        response.headers["x-should-retry"] = isWorthIt ? "true" : "false"
        if case .after(let wait) = failure.retry {
            response.headers["retry-after"] = "\(max(1, wait.components.seconds))"
        }
        return response
    }
}

extension CustomerIdentity {
    /// As a gateway has written it into the header.
    init(_ request: APIRequest) throws(Failure) {
        guard
            let organization = request.headers[CustomerHeader.organization]
                .flatMap({ OrganizationID($0) }),
            let project = request.headers[CustomerHeader.project].flatMap({ ProjectID($0) }),
            let key = request.headers[CustomerHeader.key].flatMap({ APIKeyID($0) })
        else {
            throw Failure(.unauthenticated, "No gateway has recognised who this is from.")
        }
        self.init(organization: organization, project: project, key: key)
    }
}
