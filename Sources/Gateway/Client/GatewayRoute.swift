import NIOHTTP1
import Vocabulary
import Wire

/// What the public port answers.
enum GatewayRoute {
    case model(EngineOperation)
    /// A chat in another dialect than the core's own, or how many tokens its prompt has.
    case chat(any Dialect.Type, DialectAddress)
    /// The list, or one model by name.
    case models(String?)
    case page(Operations.Page)
    /// An operation of our own API, which control answers.
    case control(APIRoute)
    /// An operation on what customers keep with us, which control answers in its vendor's dialect.
    case resource(ResourceOperation)
    case failure(Failure)

    static func find(method: HTTPMethod, uri: String) -> GatewayRoute {
        let path = path(of: uri)
        switch path {
        case "/v1/chat/completions": return post(method, .model(.chat))
        case "/v1/completions": return post(method, .model(.completion))
        case "/v1/embeddings": return post(method, .model(.embedding))
        case "/v1/messages":
            return post(method, .chat(MessagesDialect.self, DialectAddress(purpose: .answer)))
        case "/v1/messages/count_tokens":
            return post(method, .chat(MessagesDialect.self, DialectAddress(purpose: .count)))
        case "/v1/responses":
            return post(method, .chat(ResponsesDialect.self, DialectAddress(purpose: .answer)))
        case "/v1/responses/input_tokens":
            return post(method, .chat(ResponsesDialect.self, DialectAddress(purpose: .count)))
        case "/v1/models": return get(method, .models(nil))
        case "/": return get(method, .page(.welcome))
        case "/health": return get(method, .page(.health))
        case "/ready": return get(method, .page(.ready))
        case "/metrics": return get(method, .page(.metrics))
        default: break
        }
        if path.utf8.starts(with: BedrockTarget.prefix.utf8) { return bedrock(method, path) }
        if let resource = resource(method, path) { return resource }
        let prefix = "/v1/models/"
        if path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count {
            guard let name = PercentCoding.decode(path.dropFirst(prefix.count)) else {
                return .failure(unknown(uri))
            }
            return get(method, .models(name))
        }
        return ours(method, path)
    }

    private static func path(of uri: String) -> String {
        var text = uri
        let length = text.withUTF8 { $0.firstIndex(of: UInt8(ascii: "?")) }
        return length.map { String(decoding: uri.utf8.prefix($0), as: UTF8.self) } ?? uri
    }

    /// The dialect of a request, for its errors too; nil: the core's own. A header line of its own
    /// tells where an address belongs to several.
    static func dialect(uri: String, _ header: HeaderScan) -> (any Dialect.Type)? {
        guard uri.utf8.starts(with: "/v1/".utf8) else { return unversioned(uri: uri, header) }
        if uri.utf8.starts(with: "/v1/messages".utf8) { return MessagesDialect.self }
        if uri.utf8.starts(with: "/v1/responses".utf8) { return ResponsesDialect.self }
        if header.hasAnthropicVersion, uri.utf8.starts(with: "/v1/models".utf8) {
            return MessagesDialect.self
        }
        return nil
    }

    private static func unversioned(uri: String, _ header: HeaderScan) -> (any Dialect.Type)? {
        if uri.utf8.starts(with: BedrockTarget.prefix.utf8) {
            return bedrockDialect(BedrockTarget(path: path(of: uri))?.operation)
        }
        let isBedrock =
            header.isSigned || BedrockControl.owns(uri) || SignatureClaim.isPresigned(uri)
        return isBedrock ? ConverseDialect.self : nil
    }

    /// AWS's security token service shares its only address with the welcome page: it is asked by a
    /// form, by a signed request, or by an action in the query.
    static func isTokenService(_ head: HTTPRequestHead, _ header: HeaderScan) -> Bool {
        guard head.uri.utf8.count == 1 || head.uri.utf8.starts(with: "/?".utf8) else {
            return false
        }
        let type = head.headers.first(name: "content-type") ?? ""
        let isForm = type.lowercased().hasPrefix("application/x-www-form-urlencoded")
        return TokenServiceAction.isAsked(
            method: head.method.rawValue, uri: head.uri, isForm: isForm || header.isSigned)
    }

    private static func bedrockDialect(
        _ operation: BedrockTarget.Operation?
    ) -> any Dialect.Type {
        switch operation {
        case .invoke, .invokeStream: InvokeDialect.self
        case .converse, .converseStream, .countTokens, nil: ConverseDialect.self
        }
    }

    private static func bedrock(_ method: HTTPMethod, _ path: String) -> GatewayRoute {
        guard let target = BedrockTarget(path: path) else { return .failure(unknown(path)) }
        let address = DialectAddress(
            purpose: target.operation == .countTokens ? .count : .answer, model: target.model,
            streams: target.operation.streams)
        return post(method, .chat(bedrockDialect(target.operation), address))
    }

    /// nil where the path is of no such operation, whatever the method.
    private static func resource(_ method: HTTPMethod, _ path: String) -> GatewayRoute? {
        do throws(APIRoute.Mismatch) {
            return .resource(
                try ResourceOperation.match(method: name(of: method), path: path).operation)
        } catch {
            guard case .methodNotAllowed(let allowed) = error else { return nil }
            return wrongMethod(allowed)
        }
    }

    private static func ours(_ method: HTTPMethod, _ path: String) -> GatewayRoute {
        do throws(APIRoute.Mismatch) {
            return .control(
                try APIRoute.match(
                    method: name(of: method), path: path, among: APIRoute.forCustomers
                ).route)
        } catch {
            guard case .methodNotAllowed(let allowed) = error else {
                return .failure(unknown(path))
            }
            return wrongMethod(allowed)
        }
    }

    private static func name(of method: HTTPMethod) -> String {
        method == .HEAD ? "GET" : method.rawValue
    }

    private static func wrongMethod(_ allowed: [APIRoute.Method]) -> GatewayRoute {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        return .failure(Failure(.methodNotAllowed, "This address takes \(list)."))
    }

    /// Whatever is wrong with an address of Bedrock's, AWS has no such operation.
    static let unknownOperation = Failure(
        .methodNotAllowed, "This operation of Bedrock's is not offered here.")

    static func unknown(_ uri: String) -> Failure {
        Failure(
            .notFound,
            "There is nothing at this address. The API is under /v1: chat/completions, completions, "
                + "embeddings, responses, messages, models; compute is described in /openapi.json.")
    }

    private static func post(_ method: HTTPMethod, _ route: GatewayRoute) -> GatewayRoute {
        method == .POST ? route : .failure(wrongMethod(method, "POST"))
    }

    private static func get(_ method: HTTPMethod, _ route: GatewayRoute) -> GatewayRoute {
        method == .GET || method == .HEAD ? route : .failure(wrongMethod(method, "GET"))
    }

    private static func wrongMethod(_ method: HTTPMethod, _ right: String) -> Failure {
        Failure(.methodNotAllowed, "This address takes \(right), not \(method.rawValue).")
    }
}
