import Vocabulary

/// `additionalModelRequestFields`: members of the core's dialect that Converse has no word for.
extension ConverseRequest {
    /// Copied as they are; what the core's dialect asks of them is checked with the whole.
    private static let copied: [StaticString] = [
        "seed", "presence_penalty", "frequency_penalty", "logit_bias", "reasoning_effort",
        "parallel_tool_calls",
    ]
    /// Likewise, but only open engines take them.
    private static let extended: [StaticString] = [
        "top_k", "min_p", "repetition_penalty", "chat_template_kwargs",
    ]

    mutating func writeModelFields(_ members: [JSONMember]) throws(Failure) {
        guard let fields = members.value("additionalModelRequestFields", in: cursor) else {
            return
        }
        path = [.name("additionalModelRequestFields")]
        defer { path = [] }
        let inner = try self.members(
            of: fields, known: Self.copied + Self.extended + ["thinking"])
        for name in Self.copied + Self.extended {
            guard let value = inner.value(name, in: cursor) else { continue }
            write(",\"")
            write(name)
            write("\":")
            copy(value.range)
            if Self.extended.contains(where: { "\($0)" == "\(name)" }) {
                extensions.append("\(name)")
            }
        }
        givesEffort = inner.value("reasoning_effort", in: cursor) != nil
        guard let thinking = inner.value("thinking", in: cursor) else { return }
        if inner.value("chat_template_kwargs", in: cursor) != nil {
            throw invalid("thinking", "cannot stand beside `chat_template_kwargs`")
        }
        path.append(.name("thinking"))
        let type = try required(
            "type", in: try self.members(of: thinking, known: ["type", "budget_tokens"]))
        let isEnabled = cursor.isText(type, "enabled")
        guard isEnabled || cursor.isText(type, "disabled") else {
            throw invalid("type", "must be \"enabled\" or \"disabled\"")
        }
        extensions.append("thinking")
        write(",\"chat_template_kwargs\":{\"enable_thinking\":")
        write(isEnabled ? "true}" : "false}")
    }
}
