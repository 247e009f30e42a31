import Foundation
import Testing
import Vocabulary

@testable import Wire

/// Texts go through a filter between an engine's chunks and a dialect, and nothing else does.
@Suite(.timeLimit(.minutes(1)))
struct FilteredStreamTests {
    /// Holds the last letter back, writes in capitals, and blocks at an exclamation mark.
    private struct Capitals: TextFilter {
        var held = ""
        var texts = 0
        var isBlocked = false
        let message = "stop"

        var guarded: GuardedAnswer {
            GuardedAnswer(isBlocked: isBlocked, hasActed: true, trace: nil)
        }

        mutating func take(_ text: String) -> String {
            if text.contains("!") { isBlocked = true }
            guard !isBlocked else { return "" }
            let whole = held + text
            held = String(whole.suffix(1))
            return whole.dropLast().uppercased()
        }

        mutating func finish() -> String {
            defer { held = "" }
            texts += 1
            return isBlocked ? "" : held.uppercased()
        }
    }

    private func frames(
        _ deltas: [String], finish: Bool = true,
        by dialect: any Dialect.Type = ConverseDialect.self,
        stop: DialectStop? = nil
    ) throws -> (frames: [BedrockFrame], isBlocked: Bool) {
        let request = AnsweredRequest(request: "req_7", model: "m")
        var stream = FilteredStream(
            dialect.stream(for: request), filter: Capitals(), for: request)
        var bytes: [UInt8] = []
        let last = finish ? [#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#] : []
        for chunk in deltas.map({ #"{"id":"c","choices":[{"delta":\#($0)}]}"# }) + last {
            let event = Array("data: \(chunk)\n\n".utf8)
            try event.withUnsafeBytes { event in
                let frame = try ChatFrame.scan(event)
                try stream.take(
                    UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
            }
        }
        stream.end(
            usage: EngineUsage(
                promptTokens: 5, cachedTokens: 0, completionTokens: 9, reasoningTokens: 0),
            stop: stop, after: 1, into: &bytes)
        return (try BedrockFrame.all(bytes), stream.isBlocked)
    }

    /// What the deltas say: texts, and others by their kind.
    private func told(_ frames: [BedrockFrame]) -> [String] {
        frames.compactMap { frame in
            if frame.type == "contentBlockStart" { return "tool" }
            guard let delta = frame.payload["delta"] as? [String: Any] else { return nil }
            if let thought = delta["reasoningContent"] as? [String: Any] {
                return "thought \(thought["text"] as? String ?? "")"
            }
            if delta["toolUse"] != nil { return "arguments" }
            return delta["text"] as? String
        }
    }

    @Test func `what is held back comes before whatever follows the text`() throws {
        let call =
            #"{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{}"}}]}"#
        let (frames, isBlocked) = try frames([
            #"{"reasoning_content":"hm"}"#, #"{"content":"so"}"#, #"{"content":"me \"é"}"#, call,
        ])
        #expect(
            told(frames) == [
                "thought H", "thought M", "S", "OME \"", "É", "tool", "arguments",
            ])
        #expect(!isBlocked)
        #expect(frames.contains { $0.payload["stopReason"] as? String == "tool_use" })
    }

    @Test(arguments: [true, false])
    func `an end brings the rest, however it comes`(finishes: Bool) throws {
        let (frames, _) = try frames([#"{"content":"ab"}"#], finish: finishes)
        #expect(told(frames).joined() == "AB")
        let stop = DialectStop(reason: "insufficient_quota", message: "none")
        let stopped = try self.frames([#"{"content":"ab"}"#], finish: false, stop: stop).frames
        #expect(told(stopped).joined() == "AB")
        #expect(stopped.contains { $0.payload["stopReason"] as? String == "max_tokens" })
    }

    @Test func `behind a block there is the message and an end`() throws {
        let (frames, isBlocked) = try frames([
            #"{"content":"ab"}"#, #"{"content":"c!d"}"#, #"{"content":"more"}"#,
        ])
        #expect(isBlocked && told(frames) == ["A", "stop"])
        #expect(frames.suffix(2).map(\.type) == ["messageStop", "metadata"])
        #expect(frames[frames.count - 2].payload["stopReason"] as? String == "guardrail_intervened")
    }

    @Test func `InvokeModel's last event tells`() throws {
        let (frames, _) = try frames([#"{"content":"a!"}"#], by: InvokeDialect.self)
        let events = try frames.map { try $0.inner }
        let choices = events.compactMap { ($0["choices"] as? [[String: Any]])?.first }
        #expect(choices.count == 1 && choices[0]["finish_reason"] as? String == "stop")
        #expect(events.last?["amazon-bedrock-guardrailAction"] as? String == "INTERVENED")
    }

    @Test func `a request's texts are looked at, and no others`() throws {
        let body = Array(
            (#"{"model":"m","messages":[{"role":"system","content":"s"},"#
                + #"{"role":"user","content":"u"},{"role":"assistant","content":null,"tool_calls":"#
                + #"[{"id":"i","function":{"name":"t","arguments":"{}"}}]},{"role":"tool","#
                + #""content":[{"type":"text","text":"r\n"},{"type":"image_url","image_url":"#
                + #"{"url":"data:image/png;base64,QQ=="}}]}],"stop":"u"}"#).utf8)
        var seen: [String] = []
        let same = try body.withUnsafeBytes { bytes in
            try ChatTexts.rewritten(request: bytes) { text throws(Failure) in
                seen.append(text)
                return nil
            }
        }
        #expect(same == nil && seen == ["u", "r\n"])
        let changed = try body.withUnsafeBytes { bytes in
            try ChatTexts.rewritten(request: bytes) { text throws(Failure) in
                text == "u" ? "\"" : nil
            }
        }
        let text = String(decoding: changed ?? [], as: UTF8.self)
        #expect(
            text
                == String(decoding: body, as: UTF8.self)
                .replacingOccurrences(of: #""content":"u""#, with: #""content":"\"""#))
    }
}
