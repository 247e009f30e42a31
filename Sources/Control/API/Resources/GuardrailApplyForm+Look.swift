import Guardrails
import Vocabulary

/// ApplyGuardrail: a guardrail on texts, without a model.
extension GuardrailApplyForm {
    static let maximumContents = 1000

    /// Takes as long as the texts are: not for an actor.
    func look(_ policy: GuardrailPolicy) throws(Failure) -> GuardrailApplyBody {
        guard let side = GuardrailSide(rawValue: source) else {
            throw GuardrailForm.invalid("source", "is INPUT or OUTPUT")
        }
        guard outputScope.map({ ["INTERVENTIONS", "FULL"].contains($0) }) ?? true else {
            throw GuardrailForm.invalid("outputScope", "is INTERVENTIONS or FULL")
        }
        guard (1...Self.maximumContents).contains(content.count) else {
            throw GuardrailForm.invalid("content", "holds 1 to \(Self.maximumContents) texts")
        }
        let guardrail: Guardrail
        do throws(TextPattern.Problem) {
            guardrail = try Guardrail(policy, on: side)
        } catch {
            throw Failure(.internalError, "The guardrail could not be made ready.")
        }
        var filter = GuardrailFilter(guardrail)
        var texts: [String] = []
        let start = ContinuousClock.now
        for (index, content) in content.enumerated() {
            guard content.image == nil else {
                throw Failure(
                    .unsupported, "'content[\(index)].image' is not offered here: send text.",
                    parameter: "content[\(index)].image")
            }
            guard let text = content.text else {
                throw GuardrailForm.invalid("content[\(index)].text", "is missing")
            }
            guard (text.qualifiers ?? []).allSatisfy({ $0 == "guard_content" }) else {
                let path = "content[\(index)].text.qualifiers"
                throw Failure(
                    .unsupported,
                    "'\(path)' can only hold guard_content: contextual grounding is not offered "
                        + "here.", parameter: path)
            }
            texts.append(filter.take(text.text) + filter.finish())
        }
        guard !filter.isExhausted else {
            throw GuardrailForm.invalid(
                "content", "takes the guardrail's patterns too long: make it shorter")
        }
        let milliseconds = start.duration(to: .now).components.attoseconds / 1_000_000_000_000_000
        return answer(
            filter, guardrail, texts,
            message: side == .input ? policy.blockedInput : policy.blockedOutput,
            milliseconds: milliseconds)
    }

    private func answer(
        _ filter: GuardrailFilter, _ guardrail: Guardrail, _ texts: [String], message: String,
        milliseconds: Int64
    ) -> GuardrailApplyBody {
        let outputs: [String] = filter.isBlocked ? [message] : filter.hasMasked ? texts : []
        return GuardrailApplyBody(
            usage: GuardrailUsage(guardrail, length: filter.length),
            action: outputs.isEmpty ? "NONE" : "GUARDRAIL_INTERVENED",
            actionReason: filter.isBlocked
                ? "Guardrail blocked." : filter.hasMasked ? "Guardrail masked." : "No action.",
            outputs: outputs.map(GuardrailApplyBody.Output.init),
            assessments: [
                GuardrailAssessment(
                    filter.findings, by: guardrail, length: filter.length,
                    milliseconds: milliseconds)
            ],
            guardrailCoverage: GuardrailCoverage(length: filter.length))
    }
}
