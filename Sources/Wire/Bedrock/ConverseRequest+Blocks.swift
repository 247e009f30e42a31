import Vocabulary

/// Text, pictures and documents.
extension ConverseRequest {
    /// Formats of documents that are text as they are.
    private static let textFormats: [StaticString] = ["txt", "md", "html", "csv"]
    private static let pictureFormats: [StaticString] = ["png", "jpeg", "gif", "webp"]

    /// Blocks as the content of a message: one text as a plain string, which is what most templates
    /// were made for.
    mutating func writeParts(
        _ blocks: [ConverseBlock], hasFailed: Bool = false
    ) throws(Failure) {
        if blocks.count == 1, let block = blocks.first,
            [.text, .guarded, .json].contains(block.kind)
        {
            path.append(.index(block.index))
            write(hasFailed ? "\"Error: " : "\"")
            try writeText(block)
            write("\"")
            path.removeLast()
            return
        }
        write(hasFailed ? "[{\"type\":\"text\",\"text\":\"Error: \"}," : "[")
        for (position, block) in blocks.enumerated() {
            if position > 0 { write(",") }
            path.append(.index(block.index))
            switch block.kind {
            case .text, .guarded, .json:
                write("{\"type\":\"text\",\"text\":\"")
                try writeText(block)
                write("\"}")
            case .image: try writePicture(block.value)
            case .document: try writeDocument(block.value)
            case .toolUse, .toolResult, .reasoning, .cachePoint: break
            }
            path.removeLast()
        }
        write("]")
    }

    /// The inside of a string.
    private mutating func writeText(_ block: ConverseBlock) throws(Failure) {
        if block.kind == .json {
            JSONText.append(escaping: cursor.bytes(block.value.range), to: &out)
            return
        }
        if block.kind == .guarded { return try writeGuarded(block.value) }
        guard block.value.kind == .string, !block.value.isEmptyString else {
            throw invalid("text", "must be a string that is not empty")
        }
        copy(block.value.content)
    }

    /// Text like any other for the model, that a guardrail looks at instead of all that stands
    /// beside it.
    private mutating func writeGuarded(_ content: JSONValue) throws(Failure) {
        path.append(.name("guardContent"))
        let only = try choice(of: content)
        guard !cursor.matches(only.name, "image") else {
            throw unsupported("image", "is not offered here: guardrails look at text")
        }
        guard cursor.matches(only.name, "text") else { throw invalid("must have a member `text`") }
        path.append(.name("text"))
        let members = try members(of: only.value, known: ["text", "qualifiers"])
        if let qualifiers = members.value("qualifiers", in: cursor) {
            try checkQualifiers(qualifiers)
        }
        let text = try requiredString("text", in: members)
        guard !text.isEmptyString else { throw invalid("text", "must not be empty") }
        let start = out.count
        copy(text.content)
        scope.marked.append(start..<out.count)
        path.removeLast(2)
    }

    /// The others are of contextual grounding.
    private func checkQualifiers(_ qualifiers: JSONValue) throws(Failure) {
        guard qualifiers.kind == .array else { throw invalid("qualifiers", "must be an array") }
        for qualifier in try cursor.elements(of: qualifiers)
        where !cursor.isText(qualifier, "guard_content") {
            throw unsupported(
                "qualifiers",
                "can only hold \"guard_content\": contextual grounding is not offered here")
        }
    }

    private mutating func writePicture(_ picture: JSONValue) throws(Failure) {
        path.append(.name("image"))
        let members = try members(of: picture, known: ["format", "source"])
        let format = try requiredString("format", in: members)
        guard Self.pictureFormats.contains(where: { cursor.isText(format, $0) }) else {
            throw invalid("format", "must be png, jpeg, gif or webp")
        }
        let source = try required("source", in: members)
        path.append(.name("source"))
        let inner = try self.members(of: source, known: ["bytes"], refused: ["s3Location"])
        write("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/")
        copy(format.content)
        write(";base64,")
        copy(try requiredString("bytes", in: inner).content)
        write("\"}}")
        path.removeLast(2)
    }

    /// A document is read as text: its name, its context and what it says.
    private mutating func writeDocument(_ document: JSONValue) throws(Failure) {
        path.append(.name("document"))
        let members = try members(
            of: document, known: ["format", "name", "source", "context", "citations"])
        if let citations = members.value("citations", in: cursor) {
            path.append(.name("citations"))
            let inner = try self.members(of: citations, known: ["enabled"])
            if try optionalBool("enabled", in: inner) == true {
                throw unsupported("enabled", "cannot be true: citations are not made here")
            }
            path.removeLast()
        }
        let format = try optionalString("format", in: members)
        if let format, !Self.textFormats.contains(where: { cursor.isText(format, $0) }) {
            throw unsupported(
                "format",
                "must be txt, md, html or csv: other documents are not read here, "
                    + "send what they say as text")
        }
        write("{\"type\":\"text\",\"text\":\"")
        copy(try requiredString("name", in: members).content)
        write("\\n\\n")
        if let context = try optionalString("context", in: members), !context.isEmptyString {
            copy(context.content)
            write("\\n\\n")
        }
        let source = try required("source", in: members)
        path.append(.name("source"))
        try writeSource(try choice(of: source))
        path.removeLast(2)
        write("\"}")
    }

    private mutating func writeSource(_ source: JSONMember) throws(Failure) {
        if cursor.matches(source.name, "text"), source.value.kind == .string {
            copy(source.value.content)
        } else if cursor.matches(source.name, "bytes"), source.value.kind == .string {
            guard let bytes = Base64.decoded(cursor.bytes(source.value.content)),
                String(validating: bytes, as: UTF8.self) != nil
            else { throw invalid("bytes", "must be text in UTF-8, in base 64") }
            JSONText.append(escaping: bytes, to: &out)
        } else if cursor.matches(source.name, "content"), source.value.kind == .array {
            path.append(.name("content"))
            for (index, element) in try cursor.elements(of: source.value).enumerated() {
                path.append(.index(index))
                if index > 0 { write("\\n") }
                copy(
                    try requiredString("text", in: try members(of: element, known: ["text"]))
                        .content)
                path.removeLast()
            }
            path.removeLast()
        } else {
            throw Failure(
                .unsupported,
                "\(invalid("").parameter ?? ""): must have one of `bytes`, `text` and `content`.",
                parameter: invalid("").parameter)
        }
    }
}
