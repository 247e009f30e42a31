package import CapacityPath
import Vocabulary
import Wire

/// The control port's operations: finds the route, checks the token, decodes, calls the service,
/// encodes. It decides nothing.
package struct OwnerAPI: Sendable {
    /// The longest body that is read where no operation says otherwise, in bytes.
    package static let maximumBody = 1 << 20

    /// The longest `Idempotency-Key`, in characters.
    package static let maximumIdempotencyKey = 200

    static func maximumBody(method: String, path: String) -> Int {
        (try? APIRoute.match(method: method, path: path).route)?.maximumBody ?? maximumBody
    }

    let service: any OwnerService
    /// nil: compute is not rented out.
    let compute: ComputeAPI?
    let token: OperatorToken
    /// Where customers send their requests, for the page at `/`.
    let gatewayURL: String

    package init(
        service: any OwnerService, compute: ComputeAPI? = nil, token: OperatorToken,
        gatewayURL: String
    ) {
        self.service = service
        self.compute = compute
        self.token = token
        self.gatewayURL = gatewayURL
    }

    package func respond(to request: APIRequest) async -> APIResponse {
        var response: APIResponse
        do {
            response = try await answer(request)
        } catch let failure as Failure {
            response = .failure(failure)
        } catch {
            // What it was stands in the log of whoever threw it; here it could name a secret.
            response = .failure(
                Failure(.internalError, "Something went wrong in control; nothing was changed."))
        }
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        return response
    }

    private func answer(_ request: APIRequest) async throws -> APIResponse {
        let call = try APICall(request)
        try authorize(call)
        switch call.route {
        case .home: return .page(HomePage.render(gatewayURL: gatewayURL))
        case .health: return try .json(["status": "ok"])
        case .ready:
            _ = try await service.status()
            return try .json(["status": "ready"])
        case .metrics:
            return .text(
                MetricsText.render(try await service.status()),
                type: "text/plain; version=0.0.4")
        case .status: return try .json(try await service.status())
        case .customerList, .customerCreate, .customerShow, .creditList, .creditAdd, .creditLimit:
            return try await customers(call)
        case .projectList, .projectCreate, .projectShow, .keyList, .keyCreate, .keyRevoke,
            .sessionCreate:
            return try await access(call)
        case .projectLimits, .projectLimitsChange, .keyLimits, .keyLimitsChange:
            return try await limits(call)
        case .modelList, .modelAdd, .modelRemove, .modelShow, .modelScale, .priceList, .priceShow,
            .priceCheck, .priceApply:
            return try await offer(call)
        case .batchList, .batchShow, .batchCancel: return try await batches(call)
        case .usage, .usageEvents, .ledgerEntries, .ledgerAccounts:
            return try await records(call)
        case .invoiceList, .invoiceIssue, .invoiceShow, .invoicePage, .invoiceExplain,
            .creditNoteIssue, .creditNoteList, .creditNoteShow, .creditNotePage:
            return try await documents(call)
        case .economics, .economicsPage:
            return try await economics(call)
        case .openAPI:
            return try .document(OpenAPIDocument.owner)
        default:
            return try await rent().answer(call, for: .owner)
        }
    }

    /// Opens a way into an instance, for a request that asks for the upgrade.
    package func attach(_ request: APIRequest) async throws -> Attachment {
        let call = try APICall(request)
        try authorize(call)
        return try await rent().attach(call, for: .owner)
    }

    private func authorize(_ call: APICall) throws(Failure) {
        if call.route.audience != .open {
            try token.check(authorization: call.header("authorization"))
        }
    }

    private func rent() throws(Failure) -> ComputeAPI {
        guard let compute else {
            throw Failure(.unsupported, "Compute is not rented out by this Spillway.")
        }
        return compute
    }
}
