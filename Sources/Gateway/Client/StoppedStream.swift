import RequestPath
import Vocabulary
import Wire

/// The last events of a stream that we end ourselves because the money or the limit is used up.
enum StoppedStream {
    /// The final chunk, with the reason, the usage chunk if it was asked for, and `[DONE]`. Its
    /// identity is that of `event`, the first one that is not delivered any more.
    static func ending(
        like event: UnsafeRawBufferPointer, _ exchange: Exchange, clamp: Clamp
    ) -> [UInt8] {
        let frame = try? ChatFrame.scan(event)
        let identifier = frame?.identifierRange.map { range in
            String(decoding: event[range].dropFirst().dropLast(), as: UTF8.self)
        }
        return OpenAIStreamEnd.finalFrame(
            id: identifier ?? "\(exchange.request)", created: frame?.created ?? 0,
            model: exchange.scanned?.model ?? "", stopReason: reason(of: clamp),
            message: message(of: clamp),
            usage: exchange.scanned?.includeUsage == true ? exchange.meter.usage : nil,
            operation: exchange.operation,
            choices: Array(0..<Int(exchange.scanned?.choices ?? 1)))
    }

    /// The same for a dialect.
    static func stop(at clamp: Clamp) -> DialectStop {
        DialectStop(reason: reason(of: clamp), message: message(of: clamp))
    }

    private static func reason(of clamp: Clamp) -> String {
        let code: Failure.Code = clamp == .tokensPerMinute ? .rateLimited : .insufficientQuota
        return code.rawValue
    }

    private static func message(of clamp: Clamp) -> String {
        switch clamp {
        case .credit: "The credit is used up. Add credit to go on."
        case .budget: "The budget is used up. Raise it to go on."
        case .tokensPerMinute: "The limit of tokens a minute is used up. Go on in a minute."
        }
    }
}

extension StreamMeter {
    /// What has been delivered, in the dialect's terms.
    var usage: EngineUsage {
        let counts = delivered
        return EngineUsage(
            promptTokens: counts.prompt, cachedTokens: counts.cacheRead,
            completionTokens: counts.generated, reasoningTokens: counts.reasoning)
    }
}
