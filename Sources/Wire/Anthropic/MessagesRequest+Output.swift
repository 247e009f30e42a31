import Vocabulary

/// What an answer must look like, and how hard the model thinks about it.
extension MessagesRequest {
    mutating func writeOutput(_ members: [JSONMember]) throws(Failure) {
        defer { path = [] }
        let older = members.value("output_format", in: cursor)
        if let older {
            path = [.name("output_format")]
            try writeFormat(older)
        }
        guard let config = members.value("output_config", in: cursor) else { return }
        path = [.name("output_config")]
        let inner = try self.members(
            of: config, known: ["format", "effort"], refused: ["task_budget"])
        if let format = inner.value("format", in: cursor) {
            guard older == nil else {
                throw invalid("format", "cannot stand beside `output_format`")
            }
            path.append(.name("format"))
            try writeFormat(format)
            path.removeLast()
        }
        if let effort = inner.value("effort", in: cursor) { try writeEffort(effort) }
    }

    /// A schema that the answer must have.
    private mutating func writeFormat(_ format: JSONValue) throws(Failure) {
        if mayCallTools { throw besideTools }
        let inner = try members(of: format, known: ["type", "schema"])
        guard cursor.isText(try required("type", in: inner), "json_schema") else {
            throw invalid("type", "must be \"json_schema\"")
        }
        let schema = try required("schema", in: inner)
        guard schema.kind == .object else { throw invalid("schema", "must be an object") }
        write(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{")
        write("\"name\":\"answer\",\"strict\":true,\"schema\":")
        copy(schema.range)
        write("}}")
    }
}
