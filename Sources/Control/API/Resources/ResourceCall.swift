import Foundation
import Vocabulary
import Wire

/// A request that has found its operation and whom it is from.
struct ResourceCall {
    let operation: ResourceOperation
    let identity: CustomerIdentity
    let request: APIRequest
    private let parameters: [String: String]

    init(
        _ operation: ResourceOperation, parameters: [String: String], identity: CustomerIdentity,
        request: APIRequest
    ) {
        self.operation = operation
        self.parameters = parameters
        self.identity = identity
        self.request = request
    }

    /// A parameter of the path, decoded.
    func text(_ parameter: String) -> String { parameters[parameter] ?? "" }

    /// By its name in lower case.
    func header(_ name: String) -> String? { request.headers[name] }

    /// For vendors that ignore members which they do not know, as AWS does.
    func body<Body: Decodable>(_ type: Body.Type = Body.self) throws(Failure) -> Body {
        try APICoding.decodeLoosely(Body.self, from: request.body)
    }

    /// For vendors that refuse them.
    func strictBody<Body: APIRequestBody>(_ type: Body.Type = Body.self) throws(Failure) -> Body {
        try APICoding.decode(Body.self, from: request.body)
    }

    /// The query's values, the last of those that stand twice; what nobody asks for is ignored.
    func query() throws(Failure) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in try queryItems() { values[name] = value }
        return values
    }

    /// The query in its order.
    func queryItems() throws(Failure) -> [(name: String, value: String)] {
        try APIQuery.items(request.query)
    }

    /// A value out of a closed list; nil where it is not given.
    func choice(
        _ name: String, of known: [String], in query: [String: String]
    ) throws(Failure) -> String? {
        guard let value = query[name] else { return nil }
        guard known.contains(value) else {
            throw Failure(
                .invalidRequest, "'\(name)' is one of \(known.joined(separator: ", ")).",
                parameter: name)
        }
        return value
    }

    /// A whole number within bounds; nil where it is not given.
    func whole(
        _ name: String, _ bounds: ClosedRange<Int>, in query: [String: String]
    ) throws(Failure) -> Int? {
        guard let text = query[name] else { return nil }
        guard let value = Int(text), bounds.contains(value) else {
            throw Failure(
                .invalidRequest,
                "'\(name)' is a number from \(bounds.lowerBound) to \(bounds.upperBound).",
                parameter: name)
        }
        return value
    }
}
