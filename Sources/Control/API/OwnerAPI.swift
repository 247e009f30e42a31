import Vocabulary
import Wire

/// The control port's operations: finds the route, checks the token, decodes, calls the service,
/// encodes. It decides nothing.
package struct OwnerAPI: Sendable {
    /// The longest body that is read, in bytes.
    package static let maximumBody = 1 << 20
    /// The longest `Idempotency-Key`, in characters.
    package static let maximumIdempotencyKey = 200

    let service: any OwnerService
    let token: OperatorToken
    /// Where customers send their requests, for the page at `/`.
    let gatewayURL: String

    package init(service: any OwnerService, token: OperatorToken, gatewayURL: String) {
        self.service = service
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
        let call = try OwnerCall(request, token: token)
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
        case .projectList, .projectCreate, .projectShow, .keyList, .keyCreate, .keyRevoke:
            return try await access(call)
        case .projectLimits, .projectLimitsChange, .keyLimits, .keyLimitsChange:
            return try await limits(call)
        case .modelList, .modelAdd, .modelRemove, .priceList, .priceShow, .priceCheck, .priceApply:
            return try await offer(call)
        case .usage, .usageEvents, .ledgerEntries, .ledgerAccounts:
            return try await records(call)
        case .invoiceList, .invoiceIssue, .invoiceShow, .invoicePage, .invoiceExplain,
            .creditNoteIssue, .creditNoteList, .creditNoteShow, .creditNotePage:
            return try await documents(call)
        default:
            throw Failure(.unsupported, "Compute is not rented out by this Spillway.")
        }
    }
}

/// A request that has found its route and shown its right to it.
struct OwnerCall {
    let route: APIRoute
    let idempotency: String?
    private let parameters: [String: String]
    private let request: APIRequest

    init(_ request: APIRequest, token: OperatorToken) throws(Failure) {
        let method = request.method == "HEAD" ? "GET" : request.method
        do throws(APIRoute.Mismatch) {
            (self.route, self.parameters) = try APIRoute.match(method: method, path: request.path)
        } catch {
            throw Self.failure(error)
        }
        if route.audience == .operator {
            try token.check(authorization: request.headers["authorization"])
        }
        self.idempotency = try Self.idempotency(request, route)
        self.request = request
    }

    func body<Body: APIRequestBody>(_ type: Body.Type = Body.self) throws(Failure) -> Body {
        try APICoding.decode(Body.self, from: request.body)
    }

    func query(_ known: String...) throws(Failure) -> APIQuery {
        try APIQuery(request.query, known: known)
    }

    func text(_ parameter: String) -> String { parameters[parameter] ?? "" }

    func identifier<Entity>(
        _ parameter: String, of entity: Entity.Type
    ) throws(Failure) -> Identifier<Entity> {
        guard let identifier = Identifier<Entity>(text(parameter)) else {
            throw Failure(
                .notFound,
                "'\(text(parameter))' is not an id of the form \(Entity.prefix)_….",
                parameter: parameter)
        }
        return identifier
    }

    private static func failure(_ mismatch: APIRoute.Mismatch) -> Failure {
        switch mismatch {
        case .unknownPath:
            return Failure(
                .notFound, "There is nothing at this path; 'GET /' says what there is.")
        case .methodNotAllowed(let allowed):
            let list = allowed.map(\.rawValue).joined(separator: ", ")
            return Failure(.methodNotAllowed, "This path takes \(list).")
        }
    }

    private static func idempotency(
        _ request: APIRequest, _ route: APIRoute
    ) throws(Failure) -> String? {
        guard route.takesIdempotencyKey, let key = request.headers["idempotency-key"] else {
            return nil
        }
        guard (1...OwnerAPI.maximumIdempotencyKey).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Failure(
                .invalidRequest,
                "Idempotency-Key has 1 to \(OwnerAPI.maximumIdempotencyKey) printable characters "
                    + "without blanks.", parameter: "idempotency-key")
        }
        return key
    }
}
