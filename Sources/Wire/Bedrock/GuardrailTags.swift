import Vocabulary

/// What InvokeModel's body says about the guardrail that its header names.
struct InvokeGuardrailConfig {
    var isAsynchronous = false
    var tags: GuardrailTags?

    func apply(to request: inout TranslatedRequest) throws(Failure) {
        request.guardrail?.isAsynchronous = isAsynchronous
        guard let tags else { return }
        let untagged = try tags.removed(from: request.body)
        request.body = untagged.body
        request.guardrail?.scope = untagged.scope
    }
}

/// Tags in the texts of a request that mark what a guardrail looks at. Their names end with a word
/// of the request's own, which whoever wrote a text cannot know.
struct GuardrailTags {
    static let maximumSuffix = 20

    private let opening: [UInt8]
    private let closing: [UInt8]

    /// nil unless the suffix is 1 to 20 letters and digits.
    init?(suffix: String) {
        let isWord = suffix.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: false
            }
        }
        guard isWord, (1...Self.maximumSuffix).contains(suffix.utf8.count) else { return nil }
        opening = Array("<amazon-bedrock-guardrails-guardContent_\(suffix)>".utf8)
        closing = Array("</amazon-bedrock-guardrails-guardContent_\(suffix)>".utf8)
    }

    /// A chat request without the tags, and what they marked in it. Without any tag the guardrail
    /// looks at all messages.
    func removed(from body: [UInt8]) throws(Failure) -> (body: [UInt8], scope: GuardrailScope) {
        let result = body.withUnsafeBytes { bytes in
            Result { () throws(Failure) in try removed(from: bytes) }
        }
        return try result.get()
    }

    private func removed(
        from body: UnsafeRawBufferPointer
    ) throws(Failure) -> (body: [UInt8], scope: GuardrailScope) {
        let (cursor, texts) = try ChatTexts.texts(ofRequest: body)
        var scope = GuardrailScope()
        var out: [UInt8] = []
        out.reserveCapacity(body.count)
        var position = 0
        for text in texts {
            let value = JSONString(start: text.lowerBound, end: text.upperBound, escaped: true)
            guard let pieces = try pieces(of: Array(cursor.value(of: value).utf8)) else { continue }
            scope.includesMessages = false
            out.append(contentsOf: body[position..<text.lowerBound])
            position = text.upperBound
            for piece in pieces {
                let start = out.count
                JSONText.append(escaping: piece.text, to: &out)
                if piece.isMarked, out.count > start { scope.marked.append(start..<out.count) }
            }
        }
        out.append(contentsOf: body[position...])
        return (out, scope)
    }

    /// The text between the tags; nil where there is none.
    private func pieces(
        of text: [UInt8]
    ) throws(Failure) -> [(text: ArraySlice<UInt8>, isMarked: Bool)]? {
        var pieces: [(text: ArraySlice<UInt8>, isMarked: Bool)] = []
        var start = 0
        var isInside = false
        var index = 0
        while let next = text[index...].firstIndex(of: UInt8(ascii: "<")) {
            let rest = text[next...]
            let opens = rest.starts(with: opening)
            guard opens || rest.starts(with: closing) else {
                index = next + 1
                continue
            }
            guard opens != isInside else { throw Self.misplaced }
            pieces.append((text[start..<next], isInside))
            isInside = opens
            index = next + (opens ? opening : closing).count
            start = index
        }
        guard !isInside else { throw Self.misplaced }
        guard start > 0 else { return nil }
        pieces.append((text[start...], false))
        return pieces
    }

    private static let misplaced = Failure(
        .invalidRequest,
        "A tag for the guardrail is opened twice, closed without being opened, or never closed. "
            + "Open and close each in one text, none inside another.", parameter: "messages")
}
