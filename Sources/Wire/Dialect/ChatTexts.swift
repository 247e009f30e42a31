package import Vocabulary

/// The texts in chat requests and answers of the core's dialect, where they have to be changed.
package enum ChatTexts {
    /// The request with what `look` makes of each text in `scope`; nil: nothing was changed.
    /// System prompts are the application's own, and are left out unless they are marked; so are
    /// the names and arguments of tools.
    package static func rewritten(
        request body: UnsafeRawBufferPointer, in scope: GuardrailScope = GuardrailScope(),
        _ look: (String) throws(Failure) -> String?
    ) throws(Failure) -> [UInt8]? {
        let (cursor, members) = try root(of: body)
        var texts = scope.marked
        if scope.includesMessages {
            texts += try self.texts(ofMessages: members, cursor, besidesSystem: true)
            texts.sort { $0.lowerBound < $1.lowerBound }
        }
        var splices: [Splice] = []
        for text in texts {
            let value = JSONString(start: text.lowerBound, end: text.upperBound, escaped: true)
            guard let new = try look(cursor.value(of: value)) else { continue }
            var inside: [UInt8] = []
            JSONText.append(escaping: new.utf8, to: &inside)
            splices.append(Splice(range: text, replacement: inside))
        }
        return splices.isEmpty ? nil : apply(splices, to: body)
    }

    /// The insides of the strings that are a request's texts, in their order.
    static func texts(
        ofRequest body: UnsafeRawBufferPointer
    ) throws(Failure) -> (cursor: JSONCursor, texts: [Range<Int>]) {
        let (cursor, members) = try root(of: body)
        return (cursor, try texts(ofMessages: members, cursor, besidesSystem: false))
    }

    private static func texts(
        ofMessages members: [JSONMember], _ cursor: JSONCursor, besidesSystem: Bool
    ) throws(Failure) -> [Range<Int>] {
        guard let messages = members.value("messages", in: cursor), messages.kind == .array else {
            return []
        }
        var texts: [Range<Int>] = []
        for message in try cursor.elements(of: messages) where message.kind == .object {
            let members = try cursor.members(of: message)
            if besidesSystem, let role = members.value("role", in: cursor),
                cursor.isText(role, "system") || cursor.isText(role, "developer")
            {
                continue
            }
            guard let content = members.value("content", in: cursor) else { continue }
            texts += try self.texts(of: content, cursor).map(\.content)
        }
        return texts
    }

    /// A plain answer with what `filter` makes of the texts of its first choice.
    package static func filtered(
        answer body: UnsafeRawBufferPointer, by filter: inout some TextFilter
    ) throws(Failure) -> [UInt8] {
        let (cursor, members) = try root(of: body)
        guard let choices = members.value("choices", in: cursor), choices.kind == .array,
            let choice = try cursor.elements(of: choices).first, choice.kind == .object,
            let message = try cursor.members(of: choice).value("message", in: cursor),
            message.kind == .object
        else { return Array(body) }
        var splices: [Splice] = []
        for member in try cursor.members(of: message)
        where member.value.kind == .string
            && names.contains(where: { cursor.matches(member.name, $0) })
        {
            let old = cursor.value(of: cursor.text(member.value))
            let new = filter.take(old) + filter.finish()
            guard new != old else { continue }
            splices.append(
                Splice(range: member.value.range, replacement: JSONText.quoted(new)))
        }
        return apply(splices, to: body)
    }

    /// Members of a message that are texts of the model's.
    static let names: [StaticString] = ["content", "refusal", "reasoning_content", "reasoning"]

    /// An answer that says this and nothing else.
    package static func answer(
        saying text: String, to request: AnsweredRequest, usage: EngineUsage
    ) -> [UInt8] {
        var bytes = Array("{\"id\":".utf8)
        JSONText.append(request.request, to: &bytes)
        let created = request.createdAt.microseconds / 1_000_000
        bytes += Array(",\"object\":\"chat.completion\",\"created\":\(created),\"model\":".utf8)
        JSONText.append(request.model, to: &bytes)
        bytes += Array(
            ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":".utf8)
        JSONText.append(text, to: &bytes)
        bytes += Array("},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":".utf8)
        bytes += OpenAIStreamEnd.usage(usage)
        return bytes + Array("}".utf8)
    }

    private static func texts(
        of content: JSONValue, _ cursor: JSONCursor
    ) throws(Failure) -> [JSONValue] {
        if content.kind == .string { return [content] }
        guard content.kind == .array else { return [] }
        var texts: [JSONValue] = []
        for part in try cursor.elements(of: content) where part.kind == .object {
            if let text = try cursor.members(of: part).value("text", in: cursor),
                text.kind == .string
            {
                texts.append(text)
            }
        }
        return texts
    }

    private static func root(
        of body: UnsafeRawBufferPointer
    ) throws(Failure) -> (JSONCursor, [JSONMember]) {
        guard var cursor = JSONCursor(body) else { throw ResponseHeadScan.broken("it is empty") }
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else { throw cursor.malformed(.expectedValue) }
        return (cursor, try cursor.members(of: try cursor.value()))
    }
}
