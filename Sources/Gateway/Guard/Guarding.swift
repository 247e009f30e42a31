import Foundation
import Guardrails
import Link
import NIOCore
import Vocabulary
import Wire

/// The guardrail of one request at work: first on its prompt, then on the answer.
final class Guarding {
    private let entry: GuardrailEntry
    private let choice: GuardrailChoice
    private let input: Guardrail
    private let output: Guardrail
    private var inputTrace: [UInt8] = []
    private var hasMaskedInput = false
    private(set) var isInputBlocked = false

    init(_ entry: GuardrailEntry, _ choice: GuardrailChoice) throws(Failure) {
        self.entry = entry
        self.choice = choice
        input = try entry.guardrail(on: .input)
        output = try entry.guardrail(on: .output)
    }

    /// The request with what has to be masked masked; nil: as it was, or blocked.
    func look(at request: UnsafeRawBufferPointer) throws(Failure) -> [UInt8]? {
        let start = NIODeadline.now()
        var filter = GuardrailFilter(input)
        let rewritten = try ChatTexts.rewritten(request: request, in: choice.scope) {
            text throws(Failure) in
            let new = filter.take(text) + filter.finish()
            guard !filter.isExhausted else {
                throw Failure(
                    .invalidRequest,
                    "The guardrail's patterns take too long on this prompt. Make it shorter, or "
                        + "the patterns simpler.", parameter: "guardrailConfig")
            }
            return new == text ? nil : new
        }
        isInputBlocked = filter.isBlocked
        hasMaskedInput = filter.hasMasked
        if choice.traces {
            inputTrace = Self.trace(filter, input, nanoseconds: (.now() - start).nanoseconds)
        }
        return isInputBlocked ? nil : rewritten
    }

    /// For the answer's texts. What has been given out cannot be masked, so that a guardrail that
    /// masks holds texts back whatever was asked for.
    func answerFilter(ofStream isStream: Bool = false) -> AnswerFilter {
        AnswerFilter(
            output, message: entry.terms.policy.blockedOutput,
            holdsBack: !isStream || !choice.isAsynchronous || output.masks,
            after: guarded(isBlocked: false, hasActed: hasMaskedInput, output: nil))
    }

    /// What stands in the place of an answer to a blocked prompt.
    var inputMessage: String { entry.terms.policy.blockedInput }

    /// What is told of a blocked prompt.
    var blockedInput: GuardedAnswer { guarded(isBlocked: true, hasActed: true, output: nil) }

    private func guarded(isBlocked: Bool, hasActed: Bool, output: [UInt8]?) -> GuardedAnswer {
        GuardedAnswer(
            isBlocked: isBlocked, hasActed: hasActed,
            trace: choice.traces
                ? GuardedAnswer.Trace(
                    guardrail: entry.terms.guardrail, input: inputTrace, output: output) : nil)
    }

    static func trace(
        _ filter: GuardrailFilter, _ guardrail: Guardrail, nanoseconds: Int64
    ) -> [UInt8] {
        let assessment = GuardrailAssessment(
            filter.findings, by: guardrail, length: filter.length,
            milliseconds: nanoseconds / 1_000_000)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(assessment)).map { Array($0) } ?? Array("{}".utf8)
    }
}

/// A guardrail on the texts of one answer.
struct AnswerFilter: TextFilter {
    let message: String
    /// Texts are given out only once they are known to be safe.
    private let holdsBack: Bool
    private let guardrail: Guardrail
    private let before: GuardedAnswer
    private var filter: GuardrailFilter
    private var nanoseconds: Int64 = 0

    init(
        _ guardrail: Guardrail, message: String, holdsBack: Bool, after before: GuardedAnswer
    ) {
        self.holdsBack = holdsBack
        self.guardrail = guardrail
        self.message = message
        self.before = before
        filter = GuardrailFilter(guardrail)
    }

    var isBlocked: Bool { filter.isBlocked }

    mutating func take(_ text: String) -> String {
        let start = NIODeadline.now()
        defer { nanoseconds += (.now() - start).nanoseconds }
        let safe = filter.take(text)
        return holdsBack ? safe : filter.isBlocked ? "" : text
    }

    mutating func finish() -> String {
        let rest = filter.finish()
        return holdsBack ? rest : ""
    }

    var guarded: GuardedAnswer {
        var guarded = before
        guarded.isBlocked = filter.isBlocked
        guarded.hasActed = before.hasActed || filter.isBlocked || filter.hasMasked
        guarded.trace?.output = Guarding.trace(filter, guardrail, nanoseconds: nanoseconds)
        return guarded
    }
}
