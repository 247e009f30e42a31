import Vocabulary

/// Writes a Messages request as a chat request in the core's dialect. What it does not know does
/// not reach the engine: unknown members are refused, as Anthropic refuses them.
struct MessagesRequest: RequestTranslation {
    static let maximumMessages = OpenAIRequestScanner.maximumMessages
    static let maximumStopSequences = OpenAIRequestScanner.maximumStopStrings
    static let maximumUserBytes = 256
    static let minimumThinkingBudget: Int64 = 1024

    /// Members of the request that are translated, or accepted and dropped.
    private static let known: [StaticString] = [
        "model", "messages", "max_tokens", "system", "stop_sequences", "stream", "temperature",
        "top_p", "top_k", "metadata", "tools", "tool_choice", "thinking", "service_tier",
        "cache_control", "output_config", "output_format",
    ]
    /// Members of the dialect that are not offered here.
    private static let refused: [StaticString] = [
        "betas", "container", "context_management", "diagnostics", "inference_geo", "mcp_servers",
        "speed", "user_profile_id", "workspace_id",
    ]

    let cursor: JSONCursor
    let purpose: DialectPurpose
    var out: [UInt8] = []
    /// Where the value that is being read stands, for an error's path.
    var path: [TranslationStep] = []
    var extensions: [String] = []
    /// There are tools, and the model may call them.
    var mayCallTools = false

    init(cursor: JSONCursor, purpose: DialectPurpose) {
        self.cursor = cursor
        self.purpose = purpose
    }

    static func translate(
        _ body: UnsafeRawBufferPointer, for purpose: DialectPurpose
    ) throws(Failure) -> TranslatedRequest {
        let (cursor, whole) = try root(of: body)
        var request = MessagesRequest(cursor: cursor, purpose: purpose)
        request.out.reserveCapacity(body.count + 256)
        try request.write(whole)
        return TranslatedRequest(body: request.out, extensions: request.extensions)
    }

    private mutating func write(_ whole: JSONValue) throws(Failure) {
        let members = try members(of: whole, known: Self.known, refused: Self.refused)
        write("{\"model\":")
        copy(try requiredString("model", in: members).range)
        try writeMessages(members)
        let limit = try writeLimit(members)
        try writeSampling(members)
        try writeTools(members)
        try writeThinking(members, limit: limit)
        try writeOutput(members)
        try checkRest(members)
        if let stream = members.value("stream", in: cursor) {
            guard stream.kind == .bool else { throw invalid("stream", "must be true or false") }
            if purpose == .answer { write(",\"stream\":"); copy(stream.range) }
        }
        write("}")
    }

    /// `max_tokens`, which only a question for the number of tokens may leave out.
    private mutating func writeLimit(_ members: [JSONMember]) throws(Failure) -> Int64? {
        guard members.value("max_tokens", in: cursor) != nil || purpose == .answer else {
            return nil
        }
        let range = 1...OpenAIRequestScanner.maximumTokenCount
        guard let limit = try integer("max_tokens", in: members, range) else {
            throw missing("max_tokens")
        }
        write(",\"max_tokens\":")
        out += Array(String(limit).utf8)
        return limit
    }

    private mutating func writeSampling(_ members: [JSONMember]) throws(Failure) {
        for name in ["temperature", "top_p"] as [StaticString] {
            guard let value = members.value(name, in: cursor) else { continue }
            guard value.kind == .number,
                (0...1).contains(cursor.approximation(try cursor.number(value)))
            else { throw invalid(name, "must be a number from 0 to 1") }
            write(",\"")
            write(name)
            write("\":")
            copy(value.range)
        }
        if let count = try integer("top_k", in: members, 0...OpenAIRequestScanner.maximumTokenCount)
        {
            write(",\"top_k\":")
            out += Array(String(count).utf8)
            extensions.append("top_k")
        }
        if let stops = members.value("stop_sequences", in: cursor) { try writeStops(stops) }
        if let metadata = members.value("metadata", in: cursor) { try writeUser(metadata) }
    }

    private mutating func writeStops(_ stops: JSONValue) throws(Failure) {
        guard stops.kind == .array else { throw invalid("stop_sequences", "must be an array") }
        let elements = try cursor.elements(of: stops)
        guard elements.count <= Self.maximumStopSequences else {
            throw invalid(
                "stop_sequences", "can hold at most \(Self.maximumStopSequences) strings here")
        }
        for (index, element) in elements.enumerated() {
            path = [.name("stop_sequences"), .index(index)]
            guard element.kind == .string, !element.isEmptyString else {
                throw invalid("must be a string that is not empty")
            }
        }
        path = []
        guard !elements.isEmpty else { return }
        write(",\"stop\":")
        copy(stops.range)
    }

    private mutating func writeUser(_ metadata: JSONValue) throws(Failure) {
        path = [.name("metadata")]
        defer { path = [] }
        let members = try members(of: metadata, known: ["user_id"])
        guard let user = members.value("user_id", in: cursor) else { return }
        guard user.kind == .string, user.content.count <= Self.maximumUserBytes else {
            throw invalid("user_id", "must be a string of at most 256 bytes")
        }
        write(",\"user\":")
        copy(user.range)
    }

    private mutating func writeThinking(
        _ members: [JSONMember], limit: Int64?
    ) throws(Failure) {
        guard let thinking = members.value("thinking", in: cursor) else { return }
        path = [.name("thinking")]
        defer { path = [] }
        let inner = try self.members(of: thinking, known: ["type", "budget_tokens", "display"])
        let type = try requiredString("type", in: inner)
        if cursor.isText(type, "adaptive") { return }
        let isEnabled = cursor.isText(type, "enabled")
        guard isEnabled || cursor.isText(type, "disabled") else {
            throw invalid("type", "must be \"enabled\", \"disabled\" or \"adaptive\"")
        }
        if isEnabled {
            guard
                let budget = try integer(
                    "budget_tokens", in: inner, Self.minimumThinkingBudget...Int64.max)
            else { throw missing("budget_tokens") }
            if let limit, budget >= limit {
                throw invalid("budget_tokens", "must be less than `max_tokens`")
            }
        }
        extensions.append("thinking")
        write(",\"chat_template_kwargs\":{\"enable_thinking\":")
        write(isEnabled ? "true}" : "false}")
    }

    /// What is checked and has no counterpart: markers of the prompt cache, which the engine keeps
    /// by itself, and a tier that is the only one.
    private mutating func checkRest(_ members: [JSONMember]) throws(Failure) {
        try checkCacheControl(members)
        guard let tier = members.value("service_tier", in: cursor) else { return }
        guard cursor.isText(tier, "auto") || cursor.isText(tier, "standard_only") else {
            throw invalid("service_tier", "must be \"auto\" or \"standard_only\"")
        }
    }

    func checkCacheControl(_ members: [JSONMember]) throws(Failure) {
        guard let control = members.value("cache_control", in: cursor) else { return }
        guard control.kind == .object else { throw invalid("cache_control", "must be an object") }
        let inner = try cursor.members(of: control)
        guard let type = inner.value("type", in: cursor), cursor.isText(type, "ephemeral") else {
            throw invalid("cache_control", "must have the type \"ephemeral\"")
        }
        if let time = inner.value("ttl", in: cursor),
            !cursor.isText(time, "5m"), !cursor.isText(time, "1h")
        {
            throw invalid("cache_control", "can have the ttl \"5m\" or \"1h\"")
        }
    }
}
