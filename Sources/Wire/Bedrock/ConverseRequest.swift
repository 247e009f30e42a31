import Vocabulary

/// Writes a Converse request as a chat request in the core's dialect. The model and whether the
/// answer is streamed are told by the address.
struct ConverseRequest: RequestTranslation {
    static let maximumMessages = OpenAIRequestScanner.maximumMessages
    static let maximumStopSequences = OpenAIRequestScanner.maximumStopStrings
    static let maximumMetadata = 16
    static let maximumMetadataBytes = 256
    static let maximumFieldPaths = 10

    private static let known: [StaticString] = [
        "messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields",
        "additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig", "serviceTier",
        "outputConfig", "guardrailConfig",
    ]
    private static let refused: [StaticString] = ["promptVariables"]

    let cursor: JSONCursor
    let address: DialectAddress
    var out: [UInt8] = []
    var path: [TranslationStep] = []
    var extensions: [String] = []
    /// `additionalModelRequestFields` say how hard the model thinks.
    var givesEffort = false
    /// Members that the answer will have, each with a comma before it.
    private var echo: [UInt8] = []
    private var guardrail: GuardrailChoice?
    /// What the request marks for it.
    var scope = GuardrailScope()

    private init(_ cursor: JSONCursor, _ address: DialectAddress) {
        self.cursor = cursor
        self.address = address
    }

    static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        let (cursor, whole) = try root(of: body)
        var request = ConverseRequest(cursor, address)
        request.out.reserveCapacity(body.count + 256)
        if address.purpose == .count { return try request.countedInput(whole) }
        try request.write(whole)
        return request.translated
    }

    private var translated: TranslatedRequest {
        TranslatedRequest(
            body: out, extensions: extensions, memo: echo, guardrail: guardrail)
    }

    /// CountTokens asks about a request of either operation.
    private mutating func countedInput(_ whole: JSONValue) throws(Failure) -> TranslatedRequest {
        let outer = try members(of: whole, known: ["input"])
        let input = try required("input", in: outer)
        path = [.name("input")]
        let member = try choice(of: input)
        if cursor.matches(member.name, "converse") {
            path.append(.name("converse"))
            guard member.value.kind == .object else { throw invalid("must be an object") }
            path = []
            try write(member.value)
            return translated
        }
        guard cursor.matches(member.name, "invokeModel") else {
            throw invalid("must have a member `converse` or `invokeModel`")
        }
        path.append(.name("invokeModel"))
        let body = try requiredString("body", in: try members(of: member.value, known: ["body"]))
        guard let bytes = Base64.decoded(cursor.bytes(body.content)) else {
            throw invalid("body", "must be bytes in base 64")
        }
        let address = self.address
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(Failure) in try InvokeRequest.translate(buffer, at: address) }
        }
        return try result.get()
    }

    private mutating func write(_ whole: JSONValue) throws(Failure) {
        let members = try members(of: whole, known: Self.known, refused: Self.refused)
        write("{\"model\":")
        JSONText.append(address.model ?? "", to: &out)
        try writeMessages(members)
        try writeInference(members)
        try writeTools(members)
        try writeModelFields(members)
        try writeOutput(members)
        try checkRest(members)
        if address.purpose == .answer, address.streams == true { write(",\"stream\":true") }
        write("}")
    }

    private mutating func writeInference(_ members: [JSONMember]) throws(Failure) {
        guard let value = members.value("inferenceConfig", in: cursor) else { return }
        path = [.name("inferenceConfig")]
        defer { path = [] }
        let inner = try self.members(
            of: value, known: ["maxTokens", "temperature", "topP", "stopSequences"])
        if let limit = try integer(
            "maxTokens", in: inner, 1...OpenAIRequestScanner.maximumTokenCount)
        {
            write(",\"max_tokens\":")
            out += Array(String(limit).utf8)
        }
        for (name, member) in [
            ("temperature", ",\"temperature\":"), ("topP", ",\"top_p\":"),
        ] as [(StaticString, StaticString)] {
            guard let value = inner.value(name, in: cursor) else { continue }
            guard value.kind == .number,
                (0...1).contains(cursor.approximation(try cursor.number(value)))
            else { throw invalid(name, "must be a number from 0 to 1") }
            write(member)
            copy(value.range)
        }
        guard let stops = inner.value("stopSequences", in: cursor) else { return }
        guard stops.kind == .array else { throw invalid("stopSequences", "must be an array") }
        let elements = try cursor.elements(of: stops)
        guard elements.count <= Self.maximumStopSequences,
            elements.allSatisfy({ $0.kind == .string && !$0.isEmptyString })
        else {
            throw invalid(
                "stopSequences",
                "can hold at most \(Self.maximumStopSequences) strings here, none of them empty")
        }
        guard !elements.isEmpty else { return }
        write(",\"stop\":")
        copy(stops.range)
    }

    /// A schema that the answer must have, and how hard the model thinks about it.
    private mutating func writeOutput(_ members: [JSONMember]) throws(Failure) {
        guard let value = members.value("outputConfig", in: cursor) else { return }
        path = [.name("outputConfig")]
        defer { path = [] }
        let config = try self.members(of: value, known: ["textFormat", "effort"])
        if let effort = config.value("effort", in: cursor) {
            guard !givesEffort else {
                throw invalid("effort", "cannot stand beside `reasoning_effort`")
            }
            try writeEffort(effort)
        }
        guard let format = config.value("textFormat", in: cursor) else { return }
        path.append(.name("textFormat"))
        if members.value("toolConfig", in: cursor) != nil { throw besideTools }
        let inner = try self.members(of: format, known: ["type", "structure"])
        guard cursor.isText(try required("type", in: inner), "json_schema") else {
            throw invalid("type", "must be \"json_schema\"")
        }
        let structure = try required("structure", in: inner)
        path.append(.name("structure"))
        let only = try required(
            "jsonSchema", in: try self.members(of: structure, known: ["jsonSchema"]))
        path.append(.name("jsonSchema"))
        let schema = try self.members(of: only, known: ["schema", "name", "description"])
        let text = try requiredString("schema", in: schema)
        let bytes = Array(cursor.value(of: cursor.text(text)).utf8)
        guard JSONText.isObject(bytes) else {
            throw invalid("schema", "must be a string that holds a JSON object")
        }
        write(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":")
        if let name = try optionalString("name", in: schema) {
            copy(name.range)
        } else {
            write("\"answer\"")
        }
        if let description = try optionalString("description", in: schema) {
            write(",\"description\":")
            copy(description.range)
        }
        write(",\"strict\":true,\"schema\":")
        out += bytes
        write("}}")
    }

    /// What is checked, and told in the answer as it is served: there is one tier.
    private mutating func checkRest(_ members: [JSONMember]) throws(Failure) {
        try checkMetadata(members)
        try readGuardrail(members)
        if let paths = members.value("additionalModelResponseFieldPaths", in: cursor) {
            let name: StaticString = "additionalModelResponseFieldPaths"
            guard paths.kind == .array else { throw invalid(name, "must be an array") }
            let elements = try cursor.elements(of: paths)
            guard elements.count <= Self.maximumFieldPaths,
                elements.allSatisfy({
                    $0.kind == .string && cursor.byte(at: $0.content.lowerBound) == 0x2F
                })
            else { throw invalid(name, "can hold at most 10 strings that begin with a slash") }
        }
        if let value = members.value("performanceConfig", in: cursor) {
            try check(value, "performanceConfig", "latency", ["standard", "optimized"])
            JSONText.append(plain: ",\"performanceConfig\":{\"latency\":\"standard\"}", to: &echo)
        }
        if let value = members.value("serviceTier", in: cursor) {
            try check(value, "serviceTier", "type", ["priority", "default", "flex", "reserved"])
            JSONText.append(plain: ",\"serviceTier\":{\"type\":\"default\"}", to: &echo)
        }
    }

    private mutating func check(
        _ value: JSONValue, _ name: StaticString, _ member: StaticString, _ words: [StaticString]
    ) throws(Failure) {
        path = [.name(name)]
        defer { path = [] }
        let word = try required(member, in: try members(of: value, known: [member]))
        guard words.contains(where: { cursor.isText(word, $0) }) else {
            let list = words.map { "\($0)" }.joined(separator: ", ")
            throw invalid(member, "must be one of \(list)")
        }
    }

    private mutating func readGuardrail(_ members: [JSONMember]) throws(Failure) {
        guard let value = members.value("guardrailConfig", in: cursor) else { return }
        guard address.purpose == .answer else {
            throw unsupported("guardrailConfig", "has nothing to do with counting: leave it out")
        }
        path = [.name("guardrailConfig")]
        defer { path = [] }
        let config = try self.members(
            of: value,
            known: ["guardrailIdentifier", "guardrailVersion", "trace", "streamProcessingMode"])
        for (name, words) in [
            ("trace", ["enabled", "disabled", "enabled_full"]),
            ("streamProcessingMode", ["sync", "async"]),
        ] as [(StaticString, [StaticString])] {
            guard let word = config.value(name, in: cursor) else { continue }
            guard words.contains(where: { cursor.isText(word, $0) }) else {
                let list = words.map { "\($0)" }.joined(separator: ", ")
                throw invalid(name, "must be one of \(list)")
            }
        }
        let identifier = try requiredString("guardrailIdentifier", in: config)
        let version = try requiredString("guardrailVersion", in: config)
        let trace = config.value("trace", in: cursor)
        let mode = config.value("streamProcessingMode", in: cursor)
        guardrail = GuardrailChoice(
            identifier: cursor.value(of: cursor.text(identifier)),
            version: cursor.value(of: cursor.text(version)),
            traces: trace.map { !cursor.isText($0, "disabled") } ?? false,
            isAsynchronous: mode.map { cursor.isText($0, "async") } ?? false, scope: scope)
    }

    private mutating func checkMetadata(_ members: [JSONMember]) throws(Failure) {
        guard let value = members.value("requestMetadata", in: cursor) else { return }
        guard value.kind == .object else { throw invalid("requestMetadata", "must be an object") }
        let entries = try cursor.members(of: value)
        guard (1...Self.maximumMetadata).contains(entries.count),
            entries.allSatisfy({
                (1...Self.maximumMetadataBytes).contains($0.name.count)
                    && $0.value.kind == .string
                    && $0.value.content.count <= Self.maximumMetadataBytes
            })
        else {
            throw invalid(
                "requestMetadata", "must hold 1 to 16 strings of at most 256 bytes")
        }
    }

    // MARK: Unions

    /// The one member of a union.
    func choice(of value: JSONValue) throws(Failure) -> JSONMember {
        guard value.kind == .object else { throw invalid("must be an object") }
        let members = try cursor.members(of: value).filter { $0.value.kind != .null }
        guard members.count == 1, let only = members.first else {
            throw invalid("must have exactly one member")
        }
        return only
    }
}
