import Foundation
package import Wire

/// One call of an operation of control.
package struct ControlCall: Hashable, Sendable {
    package var route: APIRoute
    /// The route's path with its parameters filled in.
    package var path: String
    package var query: [QueryItem]
    package var body: [UInt8]?
    package var idempotencyKey: String?

    package struct QueryItem: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// A call without a body; query items without a value are left out.
    package init(
        _ route: APIRoute, path: String? = nil,
        query: KeyValuePairs<String, (any CustomStringConvertible)?> = [:]
    ) {
        self.route = route
        self.path = path ?? route.path()
        self.query = query.compactMap { name, value in
            value.map { QueryItem(name: name, value: "\($0)") }
        }
        self.body = nil
        self.idempotencyKey = nil
    }

    package init(
        _ route: APIRoute, path: String? = nil, body: some APIRequestBody,
        idempotencyKey: String? = nil
    ) throws {
        self.init(route, path: path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.body = Array(try encoder.encode(body))
        self.idempotencyKey = idempotencyKey
    }

    /// Path and query as they stand in a request line.
    package var target: String {
        if query.isEmpty { return path }
        let items = query.map {
            "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))"
        }
        return path + "?" + items.joined(separator: "&")
    }
}
