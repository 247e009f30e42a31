import Vocabulary

/// Writes a Responses request as a chat request in the core's dialect, and what the answer repeats
/// of it.
struct ResponsesRequest: RequestTranslation {
    /// Members of the request that are translated, or accepted and dropped.
    private static let known: [StaticString] = [
        "model", "input", "instructions", "max_output_tokens", "stream", "temperature", "top_p",
        "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning", "metadata", "user",
        "store", "truncation", "include", "service_tier", "safety_identifier", "stream_options",
        "prompt_cache_key", "prompt_cache_retention", "max_tool_calls", "top_logprobs",
        "background", "previous_response_id",
    ]
    /// Members of the dialect that are not offered here.
    private static let refused: [StaticString] = [
        "conversation", "prompt", "context_management", "moderation", "prompt_cache_options",
    ]
    private static let efforts: [StaticString] = [
        "none", "minimal", "low", "medium", "high", "xhigh",
    ]

    let cursor: JSONCursor
    var out: [UInt8] = []
    var path: [TranslationStep] = []
    /// Members of the answer, each with a comma before it.
    var echo: [UInt8] = []

    static func translate(_ body: UnsafeRawBufferPointer) throws(Failure) -> TranslatedRequest {
        let (cursor, whole) = try root(of: body)
        var request = ResponsesRequest(cursor: cursor)
        request.out.reserveCapacity(body.count + 256)
        try request.write(whole)
        return TranslatedRequest(body: request.out, extensions: [], memo: request.echo)
    }

    /// `input[0].content[1].text`.
    static func text(of path: [TranslationStep], last: String?) -> String {
        var text = ""
        for step in path {
            switch step {
            case .name(let name): text += text.isEmpty ? "\(name)" : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return last.map { text.isEmpty ? $0 : "\(text).\($0)" } ?? text
    }

    static func unknownMember(_ path: String) -> String { "Unknown parameter: '\(path)'." }

    private mutating func write(_ whole: JSONValue) throws(Failure) {
        let members = try members(of: whole, known: Self.known, refused: Self.refused)
        try refuse(members)
        write("{\"model\":")
        copy(try requiredString("model", in: members).range)
        try writeConversation(members)
        try writeLimits(members)
        try writeTools(members)
        try writeText(members)
        try writeReasoning(members)
        try writeIdentity(members)
        if let stream = try optionalBool("stream", in: members) {
            write(stream ? ",\"stream\":true" : ",\"stream\":false")
        }
        write("}")
    }

    // MARK: What is refused

    private func refuse(_ members: [JSONMember]) throws(Failure) {
        if try optionalBool("background", in: members) == true {
            throw unsupported("background", "cannot be true here: leave it out")
        }
        if let truncation = try optionalString("truncation", in: members),
            !cursor.isText(truncation, "disabled")
        {
            throw unsupported("truncation", "can only be \"disabled\" here")
        }
        if let tier = try optionalString("service_tier", in: members),
            !cursor.isText(tier, "auto"), !cursor.isText(tier, "default")
        {
            throw unsupported("service_tier", "can only be \"auto\" or \"default\" here")
        }
        if try integer("top_logprobs", in: members, 0...20) ?? 0 > 0 {
            throw unsupported("top_logprobs", "can only be 0 here")
        }
        guard let include = members.value("include", in: cursor) else { return }
        guard include.kind == .array else { throw invalid("include", "must be an array") }
        for element in try cursor.elements(of: include)
        where !cursor.isText(element, "reasoning.encrypted_content") {
            throw unsupported(
                "include", "can only name \"reasoning.encrypted_content\" here, which is left out")
        }
    }

    // MARK: Values

    private mutating func writeLimits(_ members: [JSONMember]) throws(Failure) {
        let range = 1...OpenAIRequestScanner.maximumTokenCount
        if let limit = try integer("max_output_tokens", in: members, range) {
            write(",\"max_completion_tokens\":")
            out += Array(String(limit).utf8)
            echo(",\"max_output_tokens\":")
            echo += Array(String(limit).utf8)
        } else {
            echo(",\"max_output_tokens\":null")
        }
        for (name, most) in [("temperature", 2), ("top_p", 1)] as [(StaticString, Double)] {
            echo(",\"")
            echo(name)
            echo("\":")
            guard let value = members.value(name, in: cursor) else {
                echo("null")
                continue
            }
            guard value.kind == .number,
                (0...most).contains(cursor.approximation(try cursor.number(value)))
            else { throw invalid(name, "must be a number from 0 to \(Int(most))") }
            write(",\"")
            write(name)
            write("\":")
            copy(value.range)
            echo += cursor.bytes(value.range)
        }
    }

    private mutating func writeText(_ members: [JSONMember]) throws(Failure) {
        guard let text = members.value("text", in: cursor) else {
            echo(",\"text\":{\"format\":{\"type\":\"text\"}}")
            return
        }
        path = [.name("text")]
        defer { path = [] }
        let inner = try self.members(of: text, known: ["format", "verbosity"])
        if let verbosity = try optionalString("verbosity", in: inner) {
            write(",\"verbosity\":")
            copy(verbosity.range)
        }
        echo(",\"text\":")
        echo += cursor.bytes(text.range)
        guard let format = inner.value("format", in: cursor) else { return }
        path.append(.name("format"))
        let form = try self.members(
            of: format, known: ["type", "name", "schema", "strict", "description"])
        let type = try requiredString("type", in: form)
        if cursor.isText(type, "text") { return }
        if cursor.isText(type, "json_object") {
            write(",\"response_format\":{\"type\":\"json_object\"}")
            return
        }
        guard cursor.isText(type, "json_schema") else {
            throw invalid("type", "must be \"text\", \"json_object\" or \"json_schema\"")
        }
        write(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":")
        copy(try requiredString("name", in: form).range)
        let schema = try required("schema", in: form)
        guard schema.kind == .object else { throw invalid("schema", "must be an object") }
        write(",\"schema\":")
        copy(schema.range)
        if let strict = try optionalBool("strict", in: form) {
            write(strict ? ",\"strict\":true" : ",\"strict\":false")
        }
        write("}}")
    }

    private mutating func writeReasoning(_ members: [JSONMember]) throws(Failure) {
        guard let reasoning = members.value("reasoning", in: cursor) else {
            echo(",\"reasoning\":{\"effort\":null,\"summary\":null}")
            return
        }
        path = [.name("reasoning")]
        defer { path = [] }
        let inner = try self.members(
            of: reasoning, known: ["effort", "summary", "generate_summary"])
        echo(",\"reasoning\":{\"effort\":")
        if let effort = try optionalString("effort", in: inner) {
            guard Self.efforts.contains(where: { cursor.isText(effort, $0) }) else {
                let list = Self.efforts.map { "\"\($0)\"" }.joined(separator: ", ")
                throw invalid("effort", "must be one of \(list)")
            }
            write(",\"reasoning_effort\":")
            copy(effort.range)
            echo += cursor.bytes(effort.range)
        } else {
            echo("null")
        }
        // What a model thinks is given whole where it is given; nobody sums it up here.
        echo(",\"summary\":null}")
    }

    /// Who asks, for the record, and what the answer says of itself.
    private mutating func writeIdentity(_ members: [JSONMember]) throws(Failure) {
        for name in ["user", "safety_identifier", "prompt_cache_key"] as [StaticString] {
            guard let value = try optionalString(name, in: members) else { continue }
            write(",\"")
            write(name)
            write("\":")
            copy(value.range)
            echo(",\"")
            echo(name)
            echo("\":")
            echo += cursor.bytes(value.range)
        }
        let stores = try optionalBool("store", in: members) ?? true
        echo(",\"metadata\":")
        if let metadata = members.value("metadata", in: cursor) {
            guard metadata.kind == .object else { throw invalid("metadata", "must be an object") }
            echo += cursor.bytes(metadata.range)
        } else {
            echo("{}")
        }
        echo(
            (stores ? ",\"store\":true" : ",\"store\":false")
                + ",\"background\":false,\"truncation\":\"disabled\","
                + "\"service_tier\":\"default\",\"previous_response_id\":")
        if let previous = try optionalString("previous_response_id", in: members) {
            echo += cursor.bytes(previous.range)
        } else {
            echo("null")
        }
    }

    mutating func echo(_ text: StaticString) { JSONText.append(plain: text, to: &echo) }
    private mutating func echo(_ text: String) { echo += Array(text.utf8) }
}
