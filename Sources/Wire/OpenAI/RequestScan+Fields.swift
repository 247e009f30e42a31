import Vocabulary

/// The top-level members, one by one.
extension RequestScan {
    mutating func read(_ field: OpenAIField) throws(Failure) {
        switch field {
        case .model: try readModel()
        case .stream: try readStream()
        case .streamOptions: try readStreamOptions()
        case .messages:
            try notePrompt()
            try readMessages()
        case .maximumTokens, .maximumCompletionTokens: try readMaximumTokens(field.name)
        case .choices:
            answersRequested =
                try integer("n", in: 1...OpenAIRequestScanner.maximumChoices) ?? 1
        case .bestOf:
            bestOf = try integer("best_of", in: 1...OpenAIRequestScanner.maximumChoices)
        case .temperature: try number("temperature", in: 0...2)
        case .topP: try number("top_p", in: 0...1)
        case .presencePenalty: try number("presence_penalty", in: -2...2)
        case .frequencyPenalty: try number("frequency_penalty", in: -2...2)
        case .seed: _ = try integer("seed", in: .min ... .max)
        case .stop: try readStop()
        case .logprobs: try readLogprobs()
        case .topLogprobs: alternativesRequested = try integer("top_logprobs", in: 0...20) != nil
        case .logitBias: try readLogitBias()
        case .user: request.userRange = try optionalString("user")?.quoted
        case .suffix, .safetyIdentifier, .promptCacheKey, .reasoningEffort, .verbosity:
            _ = try optionalString(field.name)
        case .parallelToolCalls, .echo: _ = try bool(field.name)
        case .metadata: try anyObject("metadata")
        case .dimensions:
            _ = try integer("dimensions", in: 1...OpenAIRequestScanner.maximumTokenCount)
        case .tools: try readTools()
        case .functions: try readFunctions()
        case .toolChoice: try readToolChoice()
        case .functionCall: try readFunctionCall()
        case .responseFormat: try readResponseFormat()
        case .chatTemplateKwargs: try readTemplateArguments()
        case .encodingFormat: try oneOf(["float", "base64"], "encoding_format")
        case .input:
            try notePrompt()
            try readTexts("input", limit: OpenAIRequestScanner.maximumInputs)
        case .prompt:
            try notePrompt()
            try readTexts("prompt", limit: OpenAIRequestScanner.maximumPrompts)
        case .serviceTier, .store, .modalities, .audio, .prediction, .webSearchOptions:
            try readRestricted(field)
        }
    }

    private mutating func notePrompt() throws(Failure) {
        _ = try cursor.kind()
        request.promptOffset = cursor.position
    }

    private mutating func readModel() throws(Failure) {
        let value = try string("model")
        request.modelRange = value.quoted
        // Escapes take up to six bytes for one.
        guard value.count <= OpenAIRequestScanner.maximumModelBytes * 6 else {
            throw invalid("model", "must be a model's name, at most 256 bytes long")
        }
        request.model = cursor.value(of: value)
        guard (1...OpenAIRequestScanner.maximumModelBytes).contains(request.model.utf8.count)
        else { throw invalid("model", "must be a model's name, 1 to 256 bytes long") }
    }

    private mutating func readStream() throws(Failure) {
        _ = try cursor.kind()
        let start = cursor.position
        request.streaming = try bool("stream") ?? false
        request.streamRange = start..<cursor.position
        if request.streaming, request.operation == .embedding {
            throw unsupported("stream", "cannot be true: embeddings are not streamed")
        }
    }

    private mutating func readStreamOptions() throws(Failure) {
        let start = cursor.position
        if try !isNull() {
            try openObject("stream_options")
            streamOptionsGiven = true
            place = .inside("stream_options")
            var first = true
            var seen: UInt32 = 0
            while let key = try cursor.nextKey(&first) {
                if cursor.matches(key, "include_usage") {
                    try once(1, &seen, "include_usage")
                    request.includeUsage = try bool("include_usage") ?? false
                } else if cursor.matches(key, "include_obfuscation") {
                    try once(2, &seen, "include_obfuscation")
                    request.includeObfuscation = try bool("include_obfuscation")
                } else {
                    let path = "stream_options.\(cursor.value(of: key))"
                    throw Failure(
                        .unsupported,
                        "`\(path)` is not supported: only include_usage and include_obfuscation.",
                        parameter: path)
                }
            }
            place = .top
        }
        request.streamOptionsRange = start..<cursor.position
    }

    private mutating func readMaximumTokens(_ name: StaticString) throws(Failure) {
        let start = cursor.position
        let value = try integer(name, in: 1...OpenAIRequestScanner.maximumTokenCount)
        let range = start..<cursor.position
        guard let earlier = request.maximumTokensRange else {
            request.maximumTokens = value
            request.maximumTokensRange = range
            return
        }
        if let value, let other = request.maximumTokens, value != other {
            throw invalid(
                name,
                "differs from the other limit: send one of max_tokens and "
                    + "max_completion_tokens, or the same value in both")
        }
        let earlierCounts = request.maximumTokens != nil
        request.otherMaximumTokensRange = earlierCounts ? range : earlier
        request.maximumTokensRange = earlierCounts ? earlier : range
        request.maximumTokens = request.maximumTokens ?? value
    }

    private mutating func readStop() throws(Failure) {
        if try isNull() { return }
        switch try cursor.kind() {
        case .string: _ = try cursor.string()
        case .array:
            try cursor.enter()
            var first = true
            var count = 0
            while try cursor.nextElement(&first) {
                count += 1
                guard count <= OpenAIRequestScanner.maximumStopStrings,
                    try cursor.kind() == .string
                else { throw invalid("stop", "must be a string or an array of at most 4 strings") }
                _ = try cursor.string()
            }
        default: throw invalid("stop", "must be a string or an array of at most 4 strings")
        }
    }

    /// A flag for chat; the number of alternatives for completions.
    private mutating func readLogprobs() throws(Failure) {
        if request.operation == .chat {
            logprobsRequested = try bool("logprobs") ?? false
        } else {
            _ = try integer("logprobs", in: 0...5)
        }
    }

    private mutating func readLogitBias() throws(Failure) {
        if try isNull() { return }
        try openObject("logit_bias")
        var first = true
        while try cursor.nextKey(&first) != nil {
            guard try cursor.kind() == .number,
                (-100...100).contains(cursor.approximation(try cursor.number()))
            else { throw invalid("logit_bias", "must map tokens to numbers from -100 to 100") }
        }
    }

    private mutating func readTemplateArguments() throws(Failure) {
        if try isNull() { return }
        try openObject("chat_template_kwargs")
        var first = true
        while let key = try cursor.nextKey(&first) {
            let name = cursor.value(of: key)
            if name == "chat_template" || name == "tokenize" {
                place = .inside("chat_template_kwargs")
                throw unsupported(
                    name == "tokenize" ? "tokenize" : "chat_template",
                    "is not supported: the template belongs to the model")
            }
            try cursor.skipValue()
        }
    }

    /// Members that cost money elsewhere or keep a customer's data: only their harmless values.
    private mutating func readRestricted(_ field: OpenAIField) throws(Failure) {
        if try isNull() { return }
        switch field {
        case .store:
            if try bool("store") == true {
                throw unsupported("store", "cannot be true: answers are not kept")
            }
        case .serviceTier:
            let tier = try string("service_tier")
            guard cursor.matches(tier, "auto") || cursor.matches(tier, "default") else {
                throw unsupported("service_tier", "can only be \"auto\" or \"default\"")
            }
        case .modalities:
            try openArray("modalities")
            var first = true
            while try cursor.nextElement(&first) {
                guard cursor.matches(try string("modalities"), "text") else {
                    throw unsupported("modalities", "can only hold \"text\"")
                }
            }
        default: throw unsupported(field.name, "is not supported: leave it out")
        }
    }

    mutating func oneOf(_ values: [StaticString], _ name: StaticString) throws(Failure) {
        guard let value = try optionalString(name) else { return }
        for known in values where cursor.matches(value, known) { return }
        let list = values.map { "\"\($0)\"" }.joined(separator: ", ")
        throw invalid(name, "must be one of \(list)")
    }
}
