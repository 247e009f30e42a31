import Vocabulary

/// The work of ``OpenAIRequestScanner`` on one body: a cursor, what has been found, and where in
/// the document the cursor is, so that an error can name the place.
struct RequestScan {
    var cursor: JSONCursor
    var request: ScannedRequest
    var place = RequestPlace.top
    /// One bit for each ``OpenAIField`` that has been read.
    private var seen: UInt64 = 0
    /// Bytes of the body that are no text for the model: pictures.
    var pictureBytes = 0
    /// Tokens that the client counted itself, by sending tokens instead of text.
    var promptTokens: Int?
    /// `stream_options` is there and not null.
    var streamOptionsGiven = false
    var logprobsRequested = false
    var alternativesRequested = false
    var toolChoiceNeedsTools = false
    var answersRequested: Int64 = 1
    var bestOf: Int64?

    init(cursor: JSONCursor, operation: EngineOperation) {
        self.cursor = cursor
        self.request = ScannedRequest(operation: operation)
    }

    mutating func run() throws(Failure) {
        if cursor.end >= 3, cursor.byte(at: 0) == 0xEF, cursor.byte(at: 1) == 0xBB {
            throw cursor.malformed(.byteOrderMark)
        }
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else {
            throw Failure(.invalidRequest, "The body must be a JSON object.")
        }
        try cursor.enter()
        request.membersOffset = cursor.position
        var first = true
        while let key = try cursor.nextKey(&first) {
            if let field = OpenAIField.named(key, in: cursor) {
                try mark(field)
                try read(field)
            } else {
                try checkUnknown(key)
                try cursor.skipValue()
            }
        }
        try cursor.finish()
        try checkWhole()
    }

    func has(_ field: OpenAIField) -> Bool { seen & (1 << UInt64(field.rawValue)) != 0 }

    private mutating func mark(_ field: OpenAIField) throws(Failure) {
        guard !has(field) else {
            throw Failure(
                .invalidRequest, "The field `\(field.name)` is given twice. Send it once.",
                parameter: "\(field.name)")
        }
        seen |= 1 << UInt64(field.rawValue)
        guard field.belongs(to: request.operation) else {
            throw Failure(
                .invalidRequest,
                "`\(field.name)` is no field of a \(request.operation.rawValue) request.",
                parameter: "\(field.name)")
        }
    }

    /// What can only be said once every member is known.
    private mutating func checkWhole() throws(Failure) {
        try require(.model)
        request.promptBytes = promptTokens ?? cursor.end - pictureBytes
        request.choicesPerPrompt = answersRequested
        request.choices = max(answersRequested, bestOf ?? 1)
        switch request.operation {
        case .chat:
            try require(.messages)
        case .completion: try require(.prompt)
        case .embedding: try require(.input)
        }
        if streamOptionsGiven, !request.streaming {
            throw invalid("stream_options", "is only allowed together with `\"stream\": true`")
        }
        if alternativesRequested, !logprobsRequested {
            throw invalid("top_logprobs", "needs `\"logprobs\": true`")
        }
        if toolChoiceNeedsTools, !request.usesTools {
            throw invalid("tool_choice", "names a tool, but `tools` is missing or empty")
        }
        if let bestOf, bestOf < answersRequested {
            throw invalid("best_of", "must be at least `n`")
        }
        if let bestOf, bestOf > 1, request.streaming {
            throw invalid("best_of", "cannot be more than 1 in a stream")
        }
    }

    private func require(_ field: OpenAIField) throws(Failure) {
        guard has(field) else { throw invalid(field.name, "is missing: the request needs it") }
    }
}

/// Where the cursor is, for the path in an error's `parameter`. Indices count from 0.
enum RequestPlace {
    case top
    case inside(StaticString)
    case nested(StaticString, StaticString)
    /// An element of a list; the name given to `path` is the list's own.
    case element(StaticString, Int)
    case message(Int)
    case messageMember(Int, StaticString)
    case part(Int, Int)
    case imagePart(Int, Int)
    case toolCall(Int, Int)
    case toolCallFunction(Int, Int)
    case tool(Int)
    case toolFunction(Int)
    case function(Int)

    func path(_ name: StaticString) -> String {
        switch self {
        case .top: "\(name)"
        case .inside(let outer): "\(outer).\(name)"
        case .nested(let outer, let inner): "\(outer).\(inner).\(name)"
        case .element(let list, let index): "\(list)[\(index)]"
        case .message(let index): "messages[\(index)].\(name)"
        case .messageMember(let index, let member): "messages[\(index)].\(member).\(name)"
        case .part(let index, let part): "messages[\(index)].content[\(part)].\(name)"
        case .imagePart(let index, let part):
            "messages[\(index)].content[\(part)].image_url.\(name)"
        case .toolCall(let index, let call): "messages[\(index)].tool_calls[\(call)].\(name)"
        case .toolCallFunction(let index, let call):
            "messages[\(index)].tool_calls[\(call)].function.\(name)"
        case .tool(let index): "tools[\(index)].\(name)"
        case .toolFunction(let index): "tools[\(index)].function.\(name)"
        case .function(let index): "functions[\(index)].\(name)"
        }
    }
}
