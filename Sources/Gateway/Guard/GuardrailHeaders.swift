import Vocabulary
import Wire

/// The header lines by which InvokeModel names a guardrail.
struct GuardrailHeaders {
    var identifier: String?
    var version: String?
    var trace: String?

    /// nil: none is named.
    func choice() throws(Failure) -> GuardrailChoice? {
        guard identifier != nil || version != nil else { return nil }
        guard let identifier, let version, !identifier.isEmpty, !version.isEmpty else {
            throw Failure(
                .invalidRequest,
                "X-Amzn-Bedrock-GuardrailIdentifier and X-Amzn-Bedrock-GuardrailVersion name a "
                    + "guardrail together.")
        }
        guard
            let traces = ["ENABLED": true, "ENABLED_FULL": true, "DISABLED": false][
                trace ?? "DISABLED"]
        else {
            throw Failure(
                .invalidRequest,
                "X-Amzn-Bedrock-Trace is one of ENABLED, DISABLED, ENABLED_FULL.")
        }
        return GuardrailChoice(identifier: identifier, version: version, traces: traces)
    }
}
