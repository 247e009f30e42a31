extension ResourceOperation: AddressedOperation {
    /// The operation that a request line names, with the values of its template's parameters.
    ///
    /// `path` is as it stands in the request line, without the query.
    package static func match(
        method: String, path: String
    ) throws(APIRoute.Mismatch) -> (operation: ResourceOperation, parameters: [String: String]) {
        var segments = PathTemplate.segments(of: path)
        // S3's clients end the address of a bucket with a slash, or do not.
        if path.hasPrefix(ObjectPath.prefix + "/"), segments.count <= 4, segments.last == "" {
            segments.removeLast()
        }
        guard segments.count > 1 else { throw .unknownPath }
        return try match(
            method: method, segments: segments,
            among: candidates[segments[1]] ?? candidates[versioned(segments)] ?? [])
    }

    /// By the first words of their templates, so that other requests cost one look.
    private static let candidates = Dictionary(grouping: allCases) { operation in
        let segments = PathTemplate.segments(of: operation.template)
        return segments[1] == "v1" ? versioned(segments) : segments[1]
    }

    private static func versioned(_ segments: [Substring]) -> Substring {
        segments.count > 2 && segments[1] == "v1" ? "v1/" + segments[2] : ""
    }
}
