import Fleet
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Reads a llama.cpp server's own counters, for the comparison with what its requests reported.
final class CounterReading: EngineUser {
    private var body = ByteBuffer()
    private var status = 0
    /// Longer than any engine's metrics.
    private static let maximumBytes = 4 << 20
    /// nil once it has been told.
    private var completion: ((CounterReconciliation.Counters?) -> Void)?
    private var connection: EngineConnection?
    private var timeout: Scheduled<Void>?

    private init(completion: @escaping (CounterReconciliation.Counters?) -> Void) {
        self.completion = completion
    }

    /// Asks `replica` over a connection of `engines`; nil when it does not answer within `wait`, or
    /// is busy.
    static func start(
        _ replica: ReplicaSnapshot, over engines: EnginePool, within wait: Duration, at now: Int64,
        completion: @escaping (CounterReconciliation.Counters?) -> Void
    ) {
        let reading = CounterReading(completion: completion)
        let bound = NIOLoopBound(reading, eventLoop: engines.eventLoop)
        reading.timeout = engines.eventLoop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) {
            bound.value.end(nil)
        }
        if let idle = engines.takeIdle(replica.address, at: now) {
            reading.ask(idle)
            return
        }
        engines.connect(replica.address) { result in
            switch result {
            case .success(let connection): reading.ask(connection)
            case .failure: reading.end(nil)
            }
        }
    }

    private func ask(_ connection: EngineConnection) {
        guard completion != nil else {
            connection.close()
            return
        }
        self.connection = connection
        let request = ByteBuffer(string: "GET /metrics HTTP/1.1\r\nHost: engine\r\n\r\n")
        connection.write([request], for: self)
        connection.flush()
    }

    /// Tells the result, once; an answer that has not ended is not waited for.
    private func end(_ counters: CounterReconciliation.Counters?) {
        timeout?.cancel()
        timeout = nil
        connection?.cancel()
        connection = nil
        let completion = self.completion
        self.completion = nil
        completion?(counters)
    }

    func engineAnswered(_ head: ResponseHeadScan) { status = head.status }

    func engineSent(_ bytes: ByteBuffer) {
        guard body.readableBytes + bytes.readableBytes <= Self.maximumBytes else {
            end(nil)
            return
        }
        var bytes = bytes
        body.writeBuffer(&bytes)
    }

    func enginePaused() {}

    func engineFinished() {
        connection = nil
        end(status == 200 ? Self.counters(in: String(buffer: body)) : nil)
    }

    func engineFailed(_ failure: Failure, wasSilent: Bool) {
        connection = nil
        end(nil)
    }

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
