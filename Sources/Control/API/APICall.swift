import Vocabulary
import Wire

/// A request that has found its route.
struct APICall {
    let route: APIRoute
    private(set) var idempotency: String?
    private let parameters: [String: String]
    private let request: APIRequest

    init(_ request: APIRequest) throws(Failure) {
        let method = request.method == "HEAD" ? "GET" : request.method
        do throws(APIRoute.Mismatch) {
            (self.route, self.parameters) = try APIRoute.match(method: method, path: request.path)
        } catch {
            throw Self.failure(error)
        }
        self.idempotency = try Self.idempotency(request, route)
        self.request = request
    }

    /// A customer's idempotency keys are its project's own: what another one chose is not known.
    mutating func keepKeys(apartFor project: ProjectID) {
        idempotency = idempotency.map { "\(project)/\($0)" }
    }

    func body<Body: APIRequestBody>(_ type: Body.Type = Body.self) throws(Failure) -> Body {
        try APICoding.decode(Body.self, from: request.body)
    }

    func query(_ known: String...) throws(Failure) -> APIQuery {
        try APIQuery(request.query, known: known)
    }

    /// By its name in lower case.
    func header(_ name: String) -> String? { request.headers[name] }

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

    func name<Entity: NamedEntity>(
        _ parameter: String, of entity: Entity.Type
    ) throws(Failure) -> Name<Entity> {
        guard let name = Name<Entity>(text(parameter)) else {
            throw Failure(
                .notFound, "'\(text(parameter))' cannot be the name of a \(Entity.noun).",
                parameter: parameter)
        }
        return name
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
