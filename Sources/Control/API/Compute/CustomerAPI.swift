package import CapacityPath
import Vocabulary
import Wire

/// What customers can do through a gateway, which has recognised them by their key: the operations
/// of compute rental on their own project, those of vendors' APIs on what they keep with us, and
/// nothing of the owner's.
package struct CustomerAPI: Sendable {
    private let compute: ComputeAPI
    private let resources: ResourceAPI

    package init(compute: ComputeAPI, resources: ResourceAPI) {
        self.compute = compute
        self.resources = resources
    }

    /// The longest body of a request, in bytes.
    static func maximumBody(method: String, path: String) -> Int {
        (try? ResourceOperation.match(method: method, path: path).operation)?.maximumBody
            ?? OwnerAPI.maximumBody(method: method, path: path)
    }

    /// A request that is not taken, in the form of its operation.
    static func refusal(_ failure: Failure, method: String, path: String) -> APIResponse {
        guard let operation = try? ResourceOperation.match(method: method, path: path).operation
        else { return .failure(failure, for: .customer) }
        return .failure(failure, in: operation.errorForm, requestID: "")
    }

    package func respond(to request: APIRequest) async -> APIResponse {
        var response: APIResponse
        if let answer = await resources.respond(to: request) {
            response = answer
        } else {
            response = await respondOurselves(to: request)
        }
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        return response
    }

    private func respondOurselves(to request: APIRequest) async -> APIResponse {
        do {
            var call = try call(request)
            if call.route == .openAPI {
                return try .document(OpenAPIDocument.customer)
            }
            let identity = try CustomerIdentity(request)
            call.keepKeys(apartFor: identity.project)
            return try await compute.answer(call, for: .customer(identity))
        } catch let failure as Failure {
            return .failure(failure, for: .customer)
        } catch {
            return .failure(
                Failure(.internalError, "Something went wrong here; nothing was changed."),
                for: .customer)
        }
    }

    package func attach(_ request: APIRequest) async throws -> Attachment {
        let call = try call(request)
        return try await compute.attach(call, for: .customer(try CustomerIdentity(request)))
    }

    /// The owner's operations are not there, rather than forbidden.
    private func call(_ request: APIRequest) throws(Failure) -> APICall {
        let call = try APICall(request)
        guard call.route.audience == .customer || call.route == .openAPI else {
            throw Failure(.notFound, "There is nothing at this path; see /openapi.json.")
        }
        return call
    }
}
