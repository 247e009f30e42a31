import Vocabulary

/// What an embeddings request embeds and a completions request continues: a text, some texts, the
/// tokens of one, or the tokens of some.
extension RequestScan {
    private enum Element { case text, token, tokens }

    mutating func readTexts(_ name: StaticString, limit: Int) throws(Failure) {
        let expected = "must be a string, or an array of strings, of tokens or of arrays of tokens"
        switch try cursor.kind() {
        case .string:
            let text = try cursor.string()
            guard text.count > 0 || request.operation == .completion else {
                throw invalid(name, "must not be empty")
            }
            return
        case .array: break
        default: throw invalid(name, expected)
        }
        try cursor.enter()
        var first = true
        var count = 0
        var tokens = 0
        var element: Element?
        while try cursor.nextElement(&first) {
            place = .element(name, count)
            let kind: Element
            switch try cursor.kind() {
            case .string: kind = .text
            case .number: kind = .token
            case .array: kind = .tokens
            default: throw invalid(name, expected)
            }
            guard kind == element ?? kind else {
                throw invalid(
                    path: place.path(name), "is of another type than the element before it")
            }
            element = kind
            switch kind {
            case .text:
                guard try cursor.string().count > 0 || request.operation == .completion else {
                    throw invalid(path: place.path(name), "must not be empty")
                }
            case .token: tokens += try readToken(name)
            case .tokens: tokens += try readTokens(name)
            }
            count += 1
            place = .top
            guard count <= limit || kind == .token else {
                throw invalid(name, "must hold at most \(limit) elements")
            }
        }
        guard let element else { throw invalid(name, "must not be empty") }
        request.inputs = element == .token ? 1 : count
        if element != .text { promptTokens = tokens }
    }

    private mutating func readTokens(_ name: StaticString) throws(Failure) -> Int {
        try cursor.enter()
        var first = true
        var count = 0
        while try cursor.nextElement(&first) { count += try readToken(name) }
        guard count > 0 else { throw invalid(path: place.path(name), "must not be empty") }
        return count
    }

    /// Always 1: the token that was read.
    private mutating func readToken(_ name: StaticString) throws(Failure) -> Int {
        let range = 0...OpenAIRequestScanner.maximumTokenCount
        guard try cursor.kind() == .number,
            let token = cursor.integer(try cursor.number()), range.contains(token)
        else { throw invalid(path: place.path(name), "must hold only whole numbers of at least 0") }
        return 1
    }
}
