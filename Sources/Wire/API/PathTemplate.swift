/// A path with places for values: `/v1/jobs/{id}`; `{key+}` at its end is all that follows,
/// slashes too.
///
/// Every segment counts, one that is empty too: `/v1/jobs/` and `//v1/jobs` are other paths. Values
/// are percent-encoded in the path and never empty; the slashes of an ARN stand there as `%2F`.
package struct PathTemplate: Hashable, Sendable {
    private enum Segment: Hashable {
        case fixed(Substring)
        case parameter(String)
        case rest(String)
    }

    private let segments: [Segment]

    package init(_ text: String) {
        segments = Self.segments(of: text).map { segment in
            guard segment.first == "{" else { return .fixed(segment) }
            return segment.hasSuffix("+}")
                ? .rest(String(segment.dropFirst().dropLast(2)))
                : .parameter(String(segment.dropFirst().dropLast()))
        }
    }

    /// What stands between the slashes of a path as it is in a request line, without its query.
    package static func segments(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }

    /// The values of the parameters, if these are the segments of such a path.
    package func parameters(in actual: [Substring]) -> [String: String]? {
        guard hasRest ? segments.count <= actual.count : segments.count == actual.count else {
            return nil
        }
        var parameters: [String: String] = [:]
        for (segment, text) in zip(segments, actual) {
            switch segment {
            case .fixed(let expected): guard expected == text else { return nil }
            case .parameter(let name):
                guard let value = PercentCoding.decode(text), !value.isEmpty else { return nil }
                parameters[name] = value
            case .rest(let name):
                let text = actual[(segments.count - 1)...].joined(separator: "/")
                guard let value = PercentCoding.decode(text), !value.isEmpty else { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }

    private var hasRest: Bool {
        if case .rest? = segments.last { true } else { false }
    }
}

/// What a request line names: a method at a path.
package protocol AddressedOperation {
    var method: APIRoute.Method { get }
    var template: String { get }
}

extension AddressedOperation {
    /// The operation that a request line names, with the values of its template's parameters.
    static func match(
        method: String, segments: [Substring], among operations: some Sequence<Self>
    ) throws(APIRoute.Mismatch) -> (operation: Self, parameters: [String: String]) {
        var allowed: [APIRoute.Method] = []
        for operation in operations {
            guard let parameters = PathTemplate(operation.template).parameters(in: segments) else {
                continue
            }
            // A fixed segment beats a parameter: no table has a template that another one hides.
            if operation.method.rawValue == method { return (operation, parameters) }
            if !allowed.contains(operation.method) { allowed.append(operation.method) }
        }
        throw allowed.isEmpty ? .unknownPath : .methodNotAllowed(allowed: allowed)
    }
}
