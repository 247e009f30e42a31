/// The guardrail that a request names.
package struct GuardrailChoice: Hashable, Sendable {
    /// As the client wrote it: a name, or an ARN around it.
    package var identifier: String
    package var version: String
    /// What was found is to be told in the answer.
    package var traces: Bool
    /// A stream's texts are to be given out at once, and looked at meanwhile.
    package var isAsynchronous: Bool
    package var scope: GuardrailScope

    package init(
        identifier: String, version: String, traces: Bool, isAsynchronous: Bool = false,
        scope: GuardrailScope = GuardrailScope()
    ) {
        self.identifier = identifier
        self.version = version
        self.traces = traces
        self.isAsynchronous = isAsynchronous
        self.scope = scope
    }
}

/// Where in a prompt a guardrail looks.
package struct GuardrailScope: Hashable, Sendable {
    /// What the client has marked, wherever it stands: inside strings of the translated request,
    /// in their order there.
    package var marked: [Range<Int>]
    /// All texts of messages, those of the system left out.
    package var includesMessages: Bool

    package init(marked: [Range<Int>] = [], includesMessages: Bool = true) {
        self.marked = marked
        self.includesMessages = includesMessages
    }
}

/// What a guardrail did about a prompt and the answer to it.
package struct GuardedAnswer: Hashable, Sendable {
    /// What was found, as JSON.
    package struct Trace: Hashable, Sendable {
        package var guardrail: String
        package var input: [UInt8]
        /// nil where no engine was asked.
        package var output: [UInt8]?

        package init(guardrail: String, input: [UInt8], output: [UInt8]?) {
            self.guardrail = guardrail
            self.input = input
            self.output = output
        }
    }

    /// A message stands in the place of the answer, or of its rest.
    package var isBlocked: Bool
    /// Something was blocked or masked.
    package var hasActed: Bool
    /// nil: not asked for.
    package var trace: Trace?

    package init(isBlocked: Bool, hasActed: Bool, trace: Trace?) {
        self.isBlocked = isBlocked
        self.hasActed = hasActed
        self.trace = trace
    }
}

extension GuardedAnswer.Trace {
    /// Converse's `trace`.
    var ofConverse: [UInt8] {
        var bytes = Array("{\"guardrail\":{\"inputAssessment\":{".utf8)
        bytes += JSONText.quoted(guardrail) + Array(":".utf8) + input + Array("}".utf8)
        if let output {
            bytes += Array(",\"outputAssessments\":{".utf8) + JSONText.quoted(guardrail)
            bytes += Array(":[".utf8) + output + Array("]}".utf8)
        }
        return bytes + Array("}}".utf8)
    }

    /// InvokeModel's `amazon-bedrock-trace`.
    var ofInvoke: [UInt8] {
        var bytes = Array("{\"guardrail\":{\"input\":{".utf8)
        bytes += JSONText.quoted(guardrail) + Array(":".utf8) + input + Array("}".utf8)
        if let output {
            bytes += Array(",\"outputs\":[{".utf8) + JSONText.quoted(guardrail)
            bytes += Array(":".utf8) + output + Array("}]".utf8)
        }
        return bytes + Array("}}".utf8)
    }
}

extension GuardedAnswer {
    /// The members that InvokeModel's answer has more, each with a comma before it.
    var membersOfInvoke: [UInt8] {
        var bytes = Array(",\"amazon-bedrock-guardrailAction\":\"".utf8)
        bytes += Array((hasActed ? "INTERVENED\"" : "NONE\"").utf8)
        if let trace { bytes += Array(",\"amazon-bedrock-trace\":".utf8) + trace.ofInvoke }
        return bytes
    }
}
