import Vocabulary

/// Members that engines and other gateways understand and that a customer may not set, because they
/// change what is generated, counted or shared behind the back of admission.
enum RefusedField {
    /// Completes "The field `x` is not supported here: …".
    enum Reason: String {
        case length = "the length of an answer is set by max_tokens"
        case cost = "it makes an engine do work that the request's price does not cover"
        case counting = "how tokens are counted and reported is set by this service"
        case cache = "which cache, slot or session serves a request is set by this service"
        case order = "the order of requests is set by this service"
        case choice = "which model and which engine answers is set by `model` alone"
        case code = "it makes an engine run or load what a client sends"
    }

    static func reason(for name: String) -> Reason? {
        name.hasPrefix("speculative.") ? .cost : reasons[name]
    }

    /// Every refused name, for the tests.
    static var names: [String] { reasons.keys.sorted() }

    private static let reasons: [String: Reason] = {
        let groups: [(Reason, [String])] = [
            (
                .length,
                [
                    "n_predict", "num_predict", "max_new_tokens", "max_output_tokens", "max_length",
                    "n_keep", "n_discard", "t_max_predict_ms", "t_max_prompt_ms",
                ]
            ),
            (.cost, ["n_cmpl", "use_beam_search", "beam_width", "n_probs", "mm_processor_kwargs"]),
            (
                .counting,
                [
                    "timings_per_token", "return_progress", "continuous_usage_stats",
                    "response_fields", "sse_ping_interval", "stream_interval",
                ]
            ),
            (
                .cache,
                [
                    "cache_prompt", "id_slot", "slot_id", "n_cache_reuse", "cache_salt",
                    "extra_key", "session_params", "session_id", "kv_transfer_params",
                    "ec_transfer_params", "bootstrap_host", "bootstrap_port", "bootstrap_room",
                    "bootstrap_pair_key", "data_parallel_rank", "routed_dp_rank",
                    "disagg_prefill_dp_rank", "request_id", "rid",
                ]
            ),
            (.order, ["priority"]),
            (
                .choice,
                [
                    "lora", "lora_path", "lora_request", "adapter_id", "models", "route",
                    "provider", "plugins", "fallbacks", "api_base", "base_url", "api_key",
                    "extra_body", "extra_headers", "mock_response",
                ]
            ),
            (
                .code,
                [
                    "chat_template", "logits_processors", "custom_logit_processor",
                    "custom_params", "vllm_xargs", "prompt_embeds", "input_embeds",
                    "multimodal_data", "image_data", "return_hidden_states",
                ]
            ),
        ]
        var reasons: [String: Reason] = [:]
        for (reason, names) in groups { for name in names { reasons[name] = reason } }
        return reasons
    }()
}
