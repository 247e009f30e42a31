extension ResourceOperation {
    /// The operation that a request line names, with the values of its template's parameters.
    ///
    /// `path` is as it stands in the request line, without the query.
    package static func match(
        method: String, path: String
    ) throws(APIRoute.Mismatch) -> (operation: ResourceOperation, parameters: [String: String]) {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false)
        // S3's clients end the address of a bucket with a slash, or do not.
        if path.hasPrefix(ObjectPath.prefix + "/"), segments.count <= 4, segments.last == "" {
            segments.removeLast()
        }
        guard segments.count > 1, segments[0].isEmpty else { throw .unknownPath }
        var allowed: [APIRoute.Method] = []
        for operation in candidates[segments[1]] ?? candidates[versioned(segments)] ?? [] {
            guard let parameters = operation.parameters(in: segments.dropFirst()) else { continue }
            if operation.method.rawValue == method { return (operation, parameters) }
            if !allowed.contains(operation.method) { allowed.append(operation.method) }
        }
        throw allowed.isEmpty ? .unknownPath : .methodNotAllowed(allowed: allowed)
    }

    /// By the first words of their templates, so that other requests cost one look.
    private static let candidates = Dictionary(grouping: allCases) { operation in
        let segments = operation.template.split(separator: "/", omittingEmptySubsequences: false)
        return segments[1] == "v1" ? versioned(segments) : segments[1]
    }

    private static func versioned(_ segments: [Substring]) -> Substring {
        segments.count > 2 && segments[1] == "v1" ? "v1/" + segments[2] : ""
    }

    private func parameters(in segments: ArraySlice<Substring>) -> [String: String]? {
        let expected = template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isOpen = expected.last?.hasSuffix("+}") ?? false
        guard isOpen ? expected.count <= segments.count : expected.count == segments.count else {
            return nil
        }
        var parameters: [String: String] = [:]
        for (pattern, segment) in zip(expected, segments) {
            if isOpen, pattern == expected.last {
                let rest = segments.dropFirst(expected.count - 1).joined(separator: "/")
                guard let value = PercentCoding.decode(rest), !value.isEmpty else { return nil }
                parameters[String(pattern.dropFirst().dropLast(2))] = value
                break
            }
            if pattern.first == "{" {
                guard let value = PercentCoding.decode(segment), !value.isEmpty else { return nil }
                parameters[String(pattern.dropFirst().dropLast())] = value
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}
