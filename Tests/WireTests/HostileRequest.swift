import Testing
import Vocabulary
import Wire

/// A body that must be refused, and how.
struct HostileRequest: Sendable, CustomTestStringConvertible {
    var operation: EngineOperation
    var body: String
    var code: Failure.Code
    var parameter: String?

    var testDescription: String { String(body.prefix(120)) }

    /// A whole body for a chat.
    static func chatBody(
        _ body: String, _ parameter: String? = nil, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        HostileRequest(
            operation: .chat, body: body, code: code, parameter: parameter)
    }

    /// One more member of a chat that is right without it.
    static func chat(
        _ member: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        chatBody(
            #"{"model":"m","messages":[{"role":"user","content":"a"}],\#(member)}"#, parameter,
            code: code)
    }

    /// The messages of a chat, without the brackets.
    static func messages(
        _ messages: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        chatBody(#"{"model":"m","messages":[\#(messages)]}"#, parameter, code: code)
    }

    /// The parts of a user's message, without the brackets.
    static func parts(
        _ parts: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        messages(#"{"role":"user","content":[\#(parts)]}"#, parameter, code: code)
    }

    /// The tools of a chat, without the brackets.
    static func tools(
        _ tools: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        chat(#""tools":[\#(tools)]"#, parameter, code: code)
    }

    /// The members of an embeddings request beside the model.
    static func embeddings(
        _ members: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        HostileRequest(
            operation: .embedding, body: #"{"model":"m",\#(members)}"#, code: code,
            parameter: parameter)
    }

    /// The members of a completions request beside the model.
    static func completions(
        _ members: String, _ parameter: String?, code: Failure.Code = .invalidRequest
    ) -> HostileRequest {
        HostileRequest(
            operation: .completion, body: #"{"model":"m",\#(members)}"#, code: code,
            parameter: parameter)
    }
}
