import Guardrails
import Link
import Synchronization
import Vocabulary

/// A version of a project's guardrail, made ready when it is first used.
final class GuardrailEntry: Sendable {
    let terms: GuardrailTerms
    private let ready: Mutex<[GuardrailSide: Guardrail]>

    init(_ terms: GuardrailTerms) {
        self.terms = terms
        ready = Mutex([:])
    }

    func guardrail(on side: GuardrailSide) throws(Failure) -> Guardrail {
        let result = ready.withLock { ready in
            Result { () throws(TextPattern.Problem) in
                if let present = ready[side] { return present }
                let made = try Guardrail(terms.policy, on: side)
                ready[side] = made
                return made
            }
        }
        guard case .success(let guardrail) = result else {
            throw Failure(.internalError, "The guardrail could not be made ready.")
        }
        return guardrail
    }
}

extension Directory {
    /// By project, then by name and version.
    typealias Guardrails = [ProjectID: [String: GuardrailEntry]]

    /// Those of before go on where nothing of them has changed: they may be in use.
    static func guardrails(_ terms: [GuardrailTerms], after old: Guardrails) -> Guardrails {
        var entries: Guardrails = [:]
        for terms in terms {
            let name = "\(terms.guardrail)/\(terms.version)"
            let present = old[terms.project]?[name]
            entries[terms.project, default: [:]][name] =
                present?.terms == terms ? present : GuardrailEntry(terms)
        }
        return entries
    }
}
