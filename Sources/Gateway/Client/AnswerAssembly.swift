import Foundation
import Vocabulary
import Wire

/// What all chunks of one answer have in common.
struct AnswerIdentity {
    var id: String?
    var created: Int64?

    /// Takes what `frame`, scanned from `event`, says.
    mutating func note(_ frame: ChatFrame, of event: UnsafeRawBufferPointer) {
        guard id == nil, let range = frame.identifierRange else { return }
        id = String(decoding: event[range].dropFirst().dropLast(), as: UTF8.self)
        created = frame.created
    }
}

/// Puts a plain answer together out of a stream's chunks: texts are joined, everything else is
/// taken from the last chunk that has it. Used where an engine counts right only in a stream.
final class AnswerAssembly {
    private var envelope: [String: Any] = [:]
    private var choices: [Int: [String: Any]] = [:]

    /// Takes the JSON of one chunk in.
    func add(_ data: UnsafeRawBufferPointer) {
        guard
            let chunk = try? JSONSerialization.jsonObject(with: Data(data)) as? [String: Any]
        else { return }
        for (name, value) in chunk where !["choices", "usage", "timings", "object"].contains(name) {
            envelope[name] = value
        }
        for choice in chunk["choices"] as? [[String: Any]] ?? [] {
            let index = choice["index"] as? Int ?? 0
            choices[index] = Self.joined(choices[index] ?? [:], choice)
        }
    }

    /// The whole answer; nil if it cannot be written.
    func body(operation: EngineOperation, model: String, usage: EngineUsage) -> [UInt8]? {
        var answer = envelope
        answer["object"] = operation == .chat ? "chat.completion" : "text_completion"
        answer["model"] = model
        answer["choices"] = choices.sorted { $0.key < $1.key }.map { _, choice in
            var choice = choice
            if let delta = choice.removeValue(forKey: "delta") {
                choice["message"] = Self.message(delta)
            }
            return choice
        }
        answer["usage"] = [
            "prompt_tokens": usage.promptTokens, "completion_tokens": usage.completionTokens,
            "total_tokens": usage.promptTokens + usage.completionTokens,
            "prompt_tokens_details": ["cached_tokens": usage.cachedTokens],
        ]
        return (try? JSONSerialization.data(withJSONObject: answer)).map { Array($0) }
    }

    /// A message has content, if only null.
    private static func message(_ delta: Any) -> Any {
        guard var message = delta as? [String: Any] else { return delta }
        if message["content"] == nil { message["content"] = NSNull() }
        if let calls = message["tool_calls"] as? [[String: Any]] {
            message["tool_calls"] = calls.map { call in
                var call = call
                call["index"] = nil
                return call
            }
        }
        return message
    }

    /// Two chunks of one choice as one: `delta` and `logprobs` deep, the rest from the later.
    private static func joined(_ old: [String: Any], _ new: [String: Any]) -> [String: Any] {
        var result = old
        for (name, value) in new {
            switch (old[name], value) {
            case (let old as String, let new as String) where Self.grows.contains(name):
                result[name] = old + new
            case (let old as [String: Any], let new as [String: Any]):
                result[name] = joined(old, new)
            case (let old as [[String: Any]], let new as [[String: Any]]):
                result[name] = name == "tool_calls" ? joinedCalls(old, new) : old + new
            case (.some, is NSNull):
                break
            default:
                result[name] = value
            }
        }
        return result
    }

    /// Texts that come in pieces.
    private static let grows: Set<String> = [
        "content", "text", "reasoning_content", "arguments", "refusal",
    ]

    private static func joinedCalls(
        _ old: [[String: Any]], _ new: [[String: Any]]
    ) -> [[String: Any]] {
        var result = old
        for call in new {
            let index = call["index"] as? Int ?? 0
            if let position = result.firstIndex(where: { $0["index"] as? Int ?? 0 == index }) {
                result[position] = joined(result[position], call)
            } else {
                result.append(call)
            }
        }
        return result
    }
}
