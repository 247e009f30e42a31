/// Addresses of Bedrock's control plane, whether we have the operation behind them or not.
package enum BedrockControl {
    /// The first words of all paths that botocore's model of the service has.
    static let words: Set<Substring> = [
        "advanced-prompt-optimization-job", "advanced-prompt-optimization-jobs",
        "async-invoke", "automated-reasoning-policies", "create-foundation-model-agreement",
        "custom-models",
        "data-retention", "delete-foundation-model-agreement", "enforcedGuardrailsConfiguration",
        "evaluation-job", "evaluation-jobs", "foundation-model-availability", "foundation-models",
        "guardrail", "guardrails", "imported-models", "inference-profiles",
        "list-foundation-model-agreement-offers", "listTagsForResource", "logging",
        "marketplace-model", "model-copy-jobs", "model-customization", "model-customization-jobs",
        "model-import-jobs", "model-invocation-job", "model-invocation-jobs", "prompt-routers",
        "provisioned-model-throughput", "provisioned-model-throughputs", "resource-policy",
        "tagResource", "untagResource", "use-case-for-model-access",
    ]

    /// Whether a path, with or without its query, is Bedrock's: what is not offered behind it is
    /// an operation that is unknown, not an address.
    package static func owns(_ uri: String) -> Bool {
        guard uri.utf8.first == UInt8(ascii: "/") else { return false }
        let word = uri.utf8.dropFirst().prefix {
            $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?")
        }
        return Substring(word).isEmpty ? false : words.contains(Substring(word))
    }
}
