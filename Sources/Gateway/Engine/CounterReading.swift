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
        var values: [Substring: Int64] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("llamacpp:") {
            let parts = line.split(separator: " ")
            guard parts.count == 2 else { continue }
            values[parts[0].dropFirst("llamacpp:".count)] = Int64(parts[1])
        }
        guard let processed = values["prompt_tokens_total"],
            let cached = values["prompt_tokens_cached_total"],
            let generated = values["tokens_predicted_total"],
            values["requests_processing"] == 0, values["requests_deferred"] == 0
        else { return nil }
        return CounterReconciliation.Counters(prompt: processed + cached, generated: generated)
    }
}
