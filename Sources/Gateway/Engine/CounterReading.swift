import Fleet
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Reads a llama.cpp server's own counters, for the comparison with what its requests reported.
final class CounterReading: EngineUser {
    private var body = ByteBuffer()
    private var status = 0
    private let completion: (CounterReconciliation.Counters?) -> Void

    private init(completion: @escaping (CounterReconciliation.Counters?) -> Void) {
        self.completion = completion
    }

    /// Asks `replica` over a connection of `engines`; nil when it does not answer, or is busy.
    static func start(
        _ replica: ReplicaSnapshot, over engines: EnginePool, at now: Int64,
        completion: @escaping (CounterReconciliation.Counters?) -> Void
    ) {
        let reading = CounterReading(completion: completion)
        let request = ByteBuffer(string: "GET /metrics HTTP/1.1\r\nHost: engine\r\n\r\n")
        if let idle = engines.takeIdle(replica.address, at: now) {
            idle.send([request], for: reading)
            return
        }
        engines.connect(replica.address) { result in
            switch result {
            case .success(let connection): connection.send([request], for: reading)
            case .failure: completion(nil)
            }
        }
    }

    func engineAnswered(_ head: ResponseHeadScan) { status = head.status }

    func engineSent(_ bytes: ByteBuffer) {
        var bytes = bytes
        body.writeBuffer(&bytes)
    }

    func enginePaused() {}

    func engineFinished() {
        completion(status == 200 ? Self.counters(in: String(buffer: body)) : nil)
    }

    func engineFailed(_ failure: Failure, wasSilent: Bool) { completion(nil) }

    /// nil unless the counters are there and nothing is being processed.
    static func counters(in text: String) -> CounterReconciliation.Counters? {
        var values: [Substring: (value: Int64, doubt: Int64)] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("llamacpp:") {
            let parts = line.split(separator: " ")
            guard parts.count == 2 else { continue }
            values[parts[0].dropFirst("llamacpp:".count)] = number(parts[1])
        }
        guard let processed = values["prompt_tokens_total"],
            let cached = values["prompt_tokens_cached_total"],
            let generated = values["tokens_predicted_total"],
            values["requests_processing"]?.value == 0, values["requests_deferred"]?.value == 0
        else { return nil }
        return CounterReconciliation.Counters(
            prompt: processed.value + cached.value, generated: generated.value,
            promptDoubt: processed.doubt + cached.doubt, generatedDoubt: generated.doubt)
    }

    /// llama.cpp's server prints six digits: from a million on as `1.23457e+06`.
    private static func number(_ text: Substring) -> (value: Int64, doubt: Int64)? {
        if let value = Int64(text) { return (value, 0) }
        let parts = text.split(separator: "e+")
        guard parts.count == 2, let exponent = Int(parts[1]), (6...18).contains(exponent) else {
            return nil
        }
        let digits = parts[0].filter { $0 != "." }
        guard (1...6).contains(digits.count), var value = Int64(digits) else { return nil }
        var unit: Int64 = 1
        for _ in 0..<(exponent - 5) { unit *= 10 }
        for _ in digits.count..<6 { value *= 10 }
        let (product, overflows) = value.multipliedReportingOverflow(by: unit)
        return overflows ? nil : (product, unit / 2)
    }
}
