import Pricing
import Fleet
import Metering
import NIOCore
import Synchronization
import Vocabulary
import Wire

/// What the gateway answers beside models: a page for people, probes, metrics, the list of models.
final class Operations: Sendable {
    enum Page: Equatable {
        case welcome, health, ready, metrics
        case models(key: KeyEntry, name: String?)

        static func == (left: Page, right: Page) -> Bool {
            switch (left, right) {
            case (.welcome, .welcome), (.health, .health), (.ready, .ready), (.metrics, .metrics):
                true
            default: false
            }
        }
    }

    /// What a reading of the gateway as a whole says; gathered over all loops.
    struct Reading: Sendable {
        var meters = LoopMeters()
        var connections = 0
        var queues: [(model: String, waiting: Int, inFlight: Int)] = []
        var journalSynced: Int64 = 0
        var isLinked = false
    }

    let isReady = Mutex(false)
    /// Open client connections of all event loops.
    let connections = Atomic<Int>(0)
    /// Gathers a reading and hands it over on the given loop.
    private let gather: Mutex<(@Sendable (any EventLoop) -> EventLoopFuture<Reading>)?> = Mutex(nil)

    func setGatherer(_ gather: @escaping @Sendable (any EventLoop) -> EventLoopFuture<Reading>) {
        self.gather.withLock { $0 = gather }
    }

    func read(on loop: any EventLoop) -> EventLoopFuture<Reading> {
        gather.withLock { $0 }?(loop) ?? loop.makeSucceededFuture(Reading())
    }

    static func metrics(_ reading: Reading) -> String {
        var text = PrometheusText()
        text.family("spillway_requests_total", "counter", "Model requests by how they ended.")
        let models = reading.meters.byModel
        for (model, meters) in models {
            for outcome in Outcome.allCases {
                guard let count = meters.outcomes[outcome] else { continue }
                text.sample(
                    "spillway_requests_total",
                    [("gen_ai_request_model", model), ("outcome", outcome.rawValue)], count)
            }
        }
        text.family("spillway_refusals_total", "counter", "Requests refused, by code.")
        for (code, count) in reading.meters.refusals.sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            text.sample("spillway_refusals_total", [("code", code.rawValue)], count)
        }
        text.family(
            "spillway_supplier_requests_total", "counter",
            "Requests without a replica of ours: sent to a supplier, or kept by a cap or a price.")
        text.sample("spillway_supplier_requests_total", [("way", "out")], reading.meters.wentOut)
        text.sample(
            "spillway_supplier_requests_total", [("way", "kept")], reading.meters.stayedHome)
        text.family(
            "spillway_replayed_total", "counter",
            "Retries that were given the answer of an attempt before them.")
        text.sample("spillway_replayed_total", [], reading.meters.replayed)
        text.family("gen_ai_client_token_usage_total", "counter", "Billed tokens by class.")
        for (model, meters) in models {
            for tokenClass in TokenClass.allCases where meters.tokens[tokenClass] > 0 {
                text.sample(
                    "gen_ai_client_token_usage_total",
                    [("gen_ai_request_model", model), ("gen_ai_token_type", tokenClass.rawValue)],
                    meters.tokens[tokenClass])
            }
        }
        text.histogram(
            "gen_ai_server_request_duration_seconds", "From the whole request to its end.",
            reading.meters.duration)
        text.histogram(
            "gen_ai_server_time_to_first_token_seconds", "Streams: to the first token.",
            reading.meters.timeToFirstToken)
        text.histogram(
            "spillway_gateway_overhead_seconds",
            "Our own time in a request: all of it, less the engine's.", reading.meters.overhead)
        text.family("spillway_connections", "gauge", "Open client connections.")
        text.sample("spillway_connections", [], Int64(reading.connections))
        text.family("spillway_queue_waiting", "gauge", "Requests that wait for a replica.")
        for queue in reading.queues {
            text.sample("spillway_queue_waiting", [("model", queue.model)], Int64(queue.waiting))
        }
        text.family("spillway_requests_in_flight", "gauge", "Requests on replicas.")
        for queue in reading.queues {
            text.sample(
                "spillway_requests_in_flight", [("model", queue.model)], Int64(queue.inFlight))
        }
        text.family("spillway_journal_synced_bytes", "counter", "The journal's synced offset.")
        text.sample("spillway_journal_synced_bytes", [], reading.journalSynced)
        text.family("spillway_control_linked", "gauge", "1 while control is connected.")
        text.sample("spillway_control_linked", [], reading.isLinked ? 1 : 0)
        return text.text
    }

    static let welcome = """
        <!doctype html><html lang="en"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1"><title>Spillway</title>
        <style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;\
        color-scheme:light dark}code,pre{font:14px/1.5 ui-monospace,monospace}pre{padding:1rem;\
        overflow:auto;border:1px solid #8884;border-radius:6px}</style>
        <h1>Spillway</h1>
        <p>This is the public port of a Spillway gateway. It serves hosted models behind the OpenAI API;
        every token is metered and charged to the account of the key that asks.</p>
        <p>Point any OpenAI SDK at this address with <code>/v1</code> behind it, and send your API key:</p>
        <pre>curl $BASE/v1/models -H "Authorization: Bearer $KEY"</pre>
        <ul><li><code>POST /v1/chat/completions</code>, <code>/v1/completions</code>,
        <code>/v1/embeddings</code></li><li><code>GET /v1/models</code>: what your key may call, with
        prices</li><li><a href="/health">/health</a>, <a href="/ready">/ready</a></li></ul></html>

        """
}

extension ClientConnection {
    func answer(_ page: Operations.Page) {
        switch page {
        case .welcome:
            respond(
                status: 200, contentType: "text/html; charset=utf-8",
                body: ByteBuffer(string: Operations.welcome))
        case .health:
            respond(
                status: 200, contentType: "application/json",
                body: ByteBuffer(string: #"{"status":"ok"}"# + "\n"))
        case .ready:
            let isReady = loop.operations.isReady.withLock { $0 } && !loop.isDraining
            respond(
                status: isReady ? 200 : 503, contentType: "application/json",
                body: ByteBuffer(
                    string: isReady
                        ? #"{"status":"ready"}"# + "\n" : #"{"status":"not ready"}"# + "\n"))
        case .metrics:
            answerMetrics()
        case .models(let key, let name):
            answerModels(key, name)
        }
    }

    private func answerMetrics() {
        phase = .waiting
        deadline = .max
        let ticket = self.ticket
        loop.operations.read(on: loop.loop).whenSuccess { reading in
            let connection = ticket.connection.value
            guard connection.requestNumber == ticket.request, connection.phase == .waiting else {
                return
            }
            connection.respond(
                status: 200, contentType: "text/plain; version=0.0.4",
                body: ByteBuffer(string: Operations.metrics(reading)))
        }
    }

    private func answerModels(_ key: KeyEntry, _ name: String?) {
        let now = loop.clock.now()
        func card(_ entry: ModelEntry) -> OpenAIModelCard? {
            guard let priced = entry.rate(at: now) else { return nil }
            return OpenAIModelCard(
                name: entry.deployment.model, createdAt: entry.deployment.createdAt,
                ownedBy: "spillway", contextLength: entry.deployment.contextLength,
                perMillion: priced.price.perMillion)
        }
        let visible = loop.directory.modelNames.filter(key.mayCall).compactMap {
            loop.directory.models[$0]
        }
        if let name {
            guard let entry = visible.first(where: { $0.deployment.model == name }),
                let card = card(entry)
            else {
                respond(OpenAIErrorBody.unknownModel(name))
                return
            }
            respond(
                status: 200, contentType: "application/json",
                body: ByteBuffer(
                    bytes: intake.dialect?.model(card) ?? OpenAIModelBody.single(card)))
        } else {
            respond(
                status: 200, contentType: "application/json",
                body: ByteBuffer(
                    bytes: intake.dialect?.models(visible.compactMap(card))
                        ?? OpenAIModelBody.list(visible.compactMap(card))))
        }
    }
}
