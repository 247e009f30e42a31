import Vocabulary

/// The members of a request that are known and checked, over all endpoints.
enum OpenAIField: UInt8, CaseIterable {
    case model, stream, streamOptions, user, metadata, safetyIdentifier, serviceTier, store
    // Text generation
    case maximumTokens, choices, temperature, topP, presencePenalty, frequencyPenalty, logprobs
    case stop, seed, logitBias
    // Chat
    case messages, maximumCompletionTokens, topLogprobs, tools, toolChoice, parallelToolCalls
    case functions, functionCall, responseFormat, reasoningEffort, verbosity, modalities, audio
    case prediction, webSearchOptions, promptCacheKey, chatTemplateKwargs
    // Completions
    case prompt, suffix, echo, bestOf
    // Embeddings
    case input, encodingFormat, dimensions

    /// As it stands in the body.
    var name: StaticString {
        switch self {
        case .model: "model"
        case .stream: "stream"
        case .streamOptions: "stream_options"
        case .user: "user"
        case .metadata: "metadata"
        case .safetyIdentifier: "safety_identifier"
        case .serviceTier: "service_tier"
        case .store: "store"
        case .maximumTokens: "max_tokens"
        case .choices: "n"
        case .temperature: "temperature"
        case .topP: "top_p"
        case .presencePenalty: "presence_penalty"
        case .frequencyPenalty: "frequency_penalty"
        case .logprobs: "logprobs"
        case .stop: "stop"
        case .seed: "seed"
        case .logitBias: "logit_bias"
        case .messages: "messages"
        case .maximumCompletionTokens: "max_completion_tokens"
        case .topLogprobs: "top_logprobs"
        case .tools: "tools"
        case .toolChoice: "tool_choice"
        case .parallelToolCalls: "parallel_tool_calls"
        case .functions: "functions"
        case .functionCall: "function_call"
        case .responseFormat: "response_format"
        case .reasoningEffort: "reasoning_effort"
        case .verbosity: "verbosity"
        case .modalities: "modalities"
        case .audio: "audio"
        case .prediction: "prediction"
        case .webSearchOptions: "web_search_options"
        case .promptCacheKey: "prompt_cache_key"
        case .chatTemplateKwargs: "chat_template_kwargs"
        case .prompt: "prompt"
        case .suffix: "suffix"
        case .echo: "echo"
        case .bestOf: "best_of"
        case .input: "input"
        case .encodingFormat: "encoding_format"
        case .dimensions: "dimensions"
        }
    }

    /// Where the member may stand. Elsewhere it is refused: an engine might act on it unseen.
    func belongs(to operation: EngineOperation) -> Bool {
        switch self {
        case .model, .stream, .streamOptions, .user, .metadata, .safetyIdentifier, .serviceTier,
            .store:
            true
        case .maximumTokens, .choices, .temperature, .topP, .presencePenalty, .frequencyPenalty,
            .logprobs, .stop, .seed, .logitBias:
            operation != .embedding
        case .prompt, .suffix, .echo, .bestOf: operation == .completion
        case .input, .encodingFormat, .dimensions: operation == .embedding
        default: operation == .chat
        }
    }

    /// The field with this name, spelled plainly.
    static func named(_ key: JSONString, in cursor: JSONCursor) -> OpenAIField? {
        @inline(__always)
        func first(_ one: OpenAIField, _ name: StaticString) -> OpenAIField? {
            cursor.matches(key, name) ? one : nil
        }
        return switch key.count {
        case 1: first(.choices, "n")
        case 4:
            first(.stop, "stop") ?? first(.seed, "seed") ?? first(.user, "user")
                ?? first(.echo, "echo")
        case 5:
            first(.model, "model") ?? first(.tools, "tools") ?? first(.topP, "top_p")
                ?? first(.input, "input") ?? first(.store, "store") ?? first(.audio, "audio")
        case 6: first(.stream, "stream") ?? first(.prompt, "prompt") ?? first(.suffix, "suffix")
        case 7: first(.bestOf, "best_of")
        case 8:
            first(.messages, "messages") ?? first(.logprobs, "logprobs")
                ?? first(.metadata, "metadata")
        case 9: first(.functions, "functions") ?? first(.verbosity, "verbosity")
        case 10:
            first(.maximumTokens, "max_tokens") ?? first(.logitBias, "logit_bias")
                ?? first(.dimensions, "dimensions") ?? first(.modalities, "modalities")
                ?? first(.prediction, "prediction")
        case 11: first(.temperature, "temperature") ?? first(.toolChoice, "tool_choice")
        case 12: first(.topLogprobs, "top_logprobs") ?? first(.serviceTier, "service_tier")
        case 13: first(.functionCall, "function_call")
        case 14: first(.streamOptions, "stream_options")
        case 15:
            first(.responseFormat, "response_format") ?? first(.encodingFormat, "encoding_format")
        case 16:
            first(.presencePenalty, "presence_penalty")
                ?? first(.reasoningEffort, "reasoning_effort")
                ?? first(.promptCacheKey, "prompt_cache_key")
        case 17:
            first(.frequencyPenalty, "frequency_penalty")
                ?? first(.safetyIdentifier, "safety_identifier")
        case 18: first(.webSearchOptions, "web_search_options")
        case 19: first(.parallelToolCalls, "parallel_tool_calls")
        case 20: first(.chatTemplateKwargs, "chat_template_kwargs")
        case 21: first(.maximumCompletionTokens, "max_completion_tokens")
        default: nil
        }
    }
}
