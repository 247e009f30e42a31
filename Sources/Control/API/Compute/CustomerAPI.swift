package import CapacityPath
import Vocabulary
import Wire

/// What customers can do through a gateway, which has recognised them by their key: the operations
/// of compute rental on their own project, and nothing of the owner's.
package struct CustomerAPI: Sendable {
    private let compute: ComputeAPI

    package init(compute: ComputeAPI) { self.compute = compute }

    package func respond(to request: APIRequest) async -> APIResponse {
        var response: APIResponse
        do {
            var call = try call(request)
            if call.route == .openAPI {
                response = try .document(OpenAPIDocument.customer)
            } else {
                let identity = try identity(call)
                call.keepKeys(apartFor: identity.project)
                response = try await compute.answer(call, for: .customer(identity))
            }
        } catch let failure as Failure {
            response = .failure(failure, for: .customer)
        } catch {
            response = .failure(
                Failure(.internalError, "Something went wrong here; nothing was changed."),
                for: .customer)
        }
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        return response
    }

    package func attach(_ request: APIRequest) async throws -> Attachment {
        let call = try call(request)
        return try await compute.attach(call, for: .customer(try identity(call)))
    }

    /// The owner's operations are not there, rather than forbidden.
    private func call(_ request: APIRequest) throws(Failure) -> APICall {
        let call = try APICall(request)
        guard call.route.audience == .customer || call.route == .openAPI else {
            throw Failure(.notFound, "There is nothing at this path; see /openapi.json.")
        }
        return call
    }

    private func identity(_ call: APICall) throws(Failure) -> CustomerIdentity {
        guard
            let organization = call.header(CustomerHeader.organization)
                .flatMap({ OrganizationID($0) }),
            let project = call.header(CustomerHeader.project).flatMap({ ProjectID($0) }),
            let key = call.header(CustomerHeader.key).flatMap({ APIKeyID($0) })
        else {
            throw Failure(.unauthenticated, "No gateway has recognised who this is from.")
        }
        return CustomerIdentity(organization: organization, project: project, key: key)
    }
}
