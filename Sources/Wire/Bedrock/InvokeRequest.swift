import Vocabulary

/// Takes the body of InvokeModel, which has the model's own form: Anthropic's Messages, or OpenAI's
/// chat. The model and whether the answer is streamed are told by the address.
struct InvokeRequest: RequestTranslation {
    /// The form of a body, and of the answer to it; as its memo carries it.
    enum Form: UInt8 {
        case messages = 0x6D
        case chat = 0x63
    }

    private static let guardrailMember: StaticString = "amazon-bedrock-guardrailConfig"

    let cursor: JSONCursor
    var out: [UInt8] = []
    var path: [TranslationStep] = []

    static func translate(
        _ body: UnsafeRawBufferPointer, at address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        let (cursor, whole) = try root(of: body)
        var request = InvokeRequest(cursor: cursor)
        request.out.reserveCapacity(body.count + 64)
        let members = try cursor.members(of: whole)
        let guards = try request.guardrailConfig(members, address)
        var translated = try request.translated(members, address)
        translated.guardrail = address.guardrail
        try guards.apply(to: &translated)
        return translated
    }

    private mutating func translated(
        _ members: [JSONMember], _ address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        if let version = members.value("anthropic_version", in: cursor) {
            return try messages(members, version, address)
        }
        guard members.value("messages", in: cursor) != nil else {
            throw Failure(
                .unsupported,
                "The body must have the form of Anthropic's Messages, with `anthropic_version`, "
                    + "or that of OpenAI's chat completions, with `messages`.")
        }
        return try chat(members, address)
    }

    /// What the body says about the guardrail that the header names.
    private mutating func guardrailConfig(
        _ members: [JSONMember], _ address: DialectAddress
    ) throws(Failure) -> InvokeGuardrailConfig {
        guard let value = members.value(Self.guardrailMember, in: cursor) else {
            return InvokeGuardrailConfig()
        }
        guard address.guardrail != nil else {
            throw invalid(
                Self.guardrailMember,
                "needs a guardrail, named by X-Amzn-Bedrock-GuardrailIdentifier and "
                    + "X-Amzn-Bedrock-GuardrailVersion")
        }
        path = [.name(Self.guardrailMember)]
        defer { path = [] }
        let inner = try self.members(of: value, known: ["tagSuffix", "streamProcessingMode"])
        var config = InvokeGuardrailConfig()
        if let mode = inner.value("streamProcessingMode", in: cursor) {
            config.isAsynchronous = cursor.isText(mode, "ASYNCHRONOUS")
            guard config.isAsynchronous || cursor.isText(mode, "SYNCHRONOUS") else {
                throw invalid("streamProcessingMode", "must be SYNCHRONOUS or ASYNCHRONOUS")
            }
        }
        if let suffix = try optionalString("tagSuffix", in: inner) {
            guard let tags = GuardrailTags(suffix: cursor.value(of: cursor.text(suffix))) else {
                throw invalid("tagSuffix", "must be 1 to 20 letters and digits")
            }
            config.tags = tags
        }
        return config
    }

    private mutating func messages(
        _ members: [JSONMember], _ version: JSONValue, _ address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        guard cursor.isText(version, "bedrock-2023-05-31") else {
            throw invalid("anthropic_version", "must be \"bedrock-2023-05-31\"")
        }
        for name in ["model", "stream"] as [StaticString]
        where members.value(name, in: cursor) != nil {
            throw invalid(name, "is not permitted here: the address says it")
        }
        copy(
            members, without: ["anthropic_version", "anthropic_beta", Self.guardrailMember],
            address)
        let inner = DialectAddress(purpose: address.purpose)
        let result = out.withUnsafeBytes { bytes in
            Result { () throws(Failure) in try MessagesRequest.translate(bytes, for: inner.purpose)
            }
        }
        var translated = try result.get()
        translated.memo = [Form.messages.rawValue]
        return translated
    }

    private mutating func chat(
        _ members: [JSONMember], _ address: DialectAddress
    ) throws(Failure) -> TranslatedRequest {
        if let model = try optionalString("model", in: members),
            cursor.value(of: cursor.text(model)) != address.model
        {
            throw invalid("model", "is not the model of the address: leave it out")
        }
        if let stream = try optionalBool("stream", in: members),
            stream != (address.streams ?? stream)
        {
            throw invalid("stream", "contradicts the address: leave it out")
        }
        if let choices = try integer("n", in: members, 1...Int64.max), choices > 1 {
            throw unsupported("n", "can only be 1 here")
        }
        copy(
            members, without: ["model", "stream", "stream_options", "n", Self.guardrailMember],
            address)
        return TranslatedRequest(body: out, extensions: [], memo: [Form.chat.rawValue])
    }

    /// The body with the address's model, without some members. Nulls go too.
    private mutating func copy(
        _ members: [JSONMember], without left: [StaticString], _ address: DialectAddress
    ) {
        write("{\"model\":")
        JSONText.append(address.model ?? "", to: &out)
        for member in members where !left.contains(where: { cursor.matches(member.name, $0) }) {
            write(",")
            copy(member.name.quoted)
            write(":")
            copy(member.value.range)
        }
        write(address.purpose == .answer && address.streams == true ? ",\"stream\":true}" : "}")
    }
}
