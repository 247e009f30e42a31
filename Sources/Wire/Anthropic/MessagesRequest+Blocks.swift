import Vocabulary

/// One block of content, taken apart.
struct MessagesBlock {
    enum Kind: CaseIterable {
        case text, image, document, toolUse, toolResult, thinking, redactedThinking

        var name: StaticString {
            switch self {
            case .text: "text"
            case .image: "image"
            case .document: "document"
            case .toolUse: "tool_use"
            case .toolResult: "tool_result"
            case .thinking: "thinking"
            case .redactedThinking: "redacted_thinking"
            }
        }

        /// The members of such a block, besides `type` and `cache_control`.
        var members: [StaticString] {
            switch self {
            case .text: ["text", "citations"]
            case .image: ["source"]
            case .document: ["source", "title", "context", "citations"]
            case .toolUse: ["id", "name", "input", "caller"]
            case .toolResult: ["tool_use_id", "content", "is_error"]
            case .thinking: ["thinking", "signature"]
            case .redactedThinking: ["data"]
            }
        }
    }

    static let ofUser: [Kind] = [.text, .image, .document, .toolResult]
    static let ofAssistant: [Kind] = [.text, .toolUse, .thinking, .redactedThinking]

    let kind: Kind
    let members: [JSONMember]
    /// Its place in the list, from 0.
    let index: Int
}

/// Blocks of content.
extension MessagesRequest {
    /// Reads a list of blocks, none of another kind than is allowed here.
    mutating func blocks(
        of value: JSONValue, allowed: [MessagesBlock.Kind]
    ) throws(Failure) -> [MessagesBlock] {
        guard value.kind == .array else {
            throw invalid("must be a string or an array of content blocks")
        }
        var blocks: [MessagesBlock] = []
        for (index, element) in try cursor.elements(of: value).enumerated() {
            path.append(.index(index))
            guard element.kind == .object else { throw invalid("must be an object") }
            let type = try requiredString("type", in: try cursor.members(of: element))
            let kind = allowed.first { cursor.isText(type, $0.name) }
            guard let kind else { throw unexpected(type, allowed) }
            let members = try members(
                of: element, known: ["type", "cache_control"] + kind.members)
            try checkCacheControl(members)
            blocks.append(MessagesBlock(kind: kind, members: members, index: index))
            path.removeLast()
        }
        return blocks
    }

    private func unexpected(_ type: JSONValue, _ allowed: [MessagesBlock.Kind]) -> Failure {
        let name = cursor.value(of: cursor.text(type))
        let list = allowed.map { "\($0.name)" }.joined(separator: ", ")
        let shown = name.prefix(64)
        return unsupported(
            "type", "a block of the type \"\(shown)\" is not supported here; supported are: \(list)"
        )
    }

    /// Text, pictures and documents as the content of a message: one text as a plain string, which
    /// is what most templates were made for.
    mutating func writeParts(
        _ blocks: [MessagesBlock], isError: Bool = false
    ) throws(Failure) {
        if blocks.count == 1, let block = blocks.first, block.kind == .text {
            path.append(.index(block.index))
            write(isError ? "\"Error: " : "\"")
            copy(try text(of: block).content)
            write("\"")
            path.removeLast()
            return
        }
        write(isError ? "[{\"type\":\"text\",\"text\":\"Error: \"}," : "[")
        for (position, block) in blocks.enumerated() {
            if position > 0 { write(",") }
            path.append(.index(block.index))
            switch block.kind {
            case .text:
                write("{\"type\":\"text\",\"text\":")
                copy(try text(of: block).range)
                write("}")
            case .image: try writePicture(block)
            case .document: try writeDocument(block)
            case .toolUse, .toolResult, .thinking, .redactedThinking: break
            }
            path.removeLast()
        }
        write("]")
    }

    private func text(of block: MessagesBlock) throws(Failure) -> JSONValue {
        let text = try requiredString("text", in: block.members)
        guard !text.isEmptyString else { throw invalid("text", "must not be empty") }
        return text
    }

    private mutating func writePicture(_ block: MessagesBlock) throws(Failure) {
        let source = try required("source", in: block.members)
        path.append(.name("source"))
        let members = try members(
            of: source, known: ["type", "media_type", "data", "url"], refused: ["file_id"])
        let type = try requiredString("type", in: members)
        write("{\"type\":\"image_url\",\"image_url\":{\"url\":\"")
        if cursor.isText(type, "base64") {
            write("data:")
            copy(try mediaType(members))
            write(";base64,")
            copy(try requiredString("data", in: members).content)
        } else if cursor.isText(type, "url") {
            copy(try requiredString("url", in: members).content)
        } else {
            throw unsupported("type", "must be \"base64\" or \"url\": files are not kept here")
        }
        write("\"}}")
        path.removeLast()
    }

    private func mediaType(_ members: [JSONMember]) throws(Failure) -> Range<Int> {
        let type = try requiredString("media_type", in: members)
        for known in ["image/jpeg", "image/png", "image/gif", "image/webp"] as [StaticString]
        where cursor.isText(type, known) {
            return type.content
        }
        throw invalid("media_type", "must be image/jpeg, image/png, image/gif or image/webp")
    }

    /// A document is read as text: its title, its context and what it says.
    private mutating func writeDocument(_ block: MessagesBlock) throws(Failure) {
        if let citations = block.members.value("citations", in: cursor) {
            path.append(.name("citations"))
            let members = try members(of: citations, known: ["enabled"])
            if try optionalBool("enabled", in: members) == true {
                throw unsupported("enabled", "cannot be true: citations are not made here")
            }
            path.removeLast()
        }
        write("{\"type\":\"text\",\"text\":\"")
        for name in ["title", "context"] as [StaticString] {
            guard let text = try optionalString(name, in: block.members), !text.isEmptyString
            else { continue }
            copy(text.content)
            write("\\n\\n")
        }
        let source = try required("source", in: block.members)
        path.append(.name("source"))
        let members = try members(
            of: source, known: ["type", "media_type", "data", "content"],
            refused: ["url", "file_id"])
        let type = try requiredString("type", in: members)
        if cursor.isText(type, "text") {
            let media = try requiredString("media_type", in: members)
            guard cursor.isText(media, "text/plain") else {
                throw invalid("media_type", "must be \"text/plain\"")
            }
            copy(try requiredString("data", in: members).content)
        } else if cursor.isText(type, "content") {
            try writeDocumentContent(try required("content", in: members))
        } else {
            throw unsupported(
                "type", "must be \"text\" or \"content\": send what the document says as text")
        }
        write("\"}")
        path.removeLast()
    }

    private mutating func writeDocumentContent(_ content: JSONValue) throws(Failure) {
        if content.kind == .string {
            copy(content.content)
            return
        }
        path.append(.name("content"))
        for block in try blocks(of: content, allowed: [.text]) {
            path.append(.index(block.index))
            if block.index > 0 { write("\\n") }
            copy(try text(of: block).content)
            path.removeLast()
        }
        path.removeLast()
    }
}
