import Vocabulary
import Wire

/// Control's figures as Prometheus text. Names models and gateways, never customers.
enum MetricsText {
    static func render(_ status: StatusBody) -> String {
        var text = Text()
        text.family("spillway_build_info", "gauge", "The version that runs.")
        text.sample("spillway_build_info", ["version": status.version], "1")
        text.single(
            "spillway_ledger_sequence", "counter", "Entries in the ledger.",
            "\(status.ledgerSequence)")
        text.single("spillway_customers", "gauge", "Customers.", "\(status.customers)")
        text.single("spillway_projects", "gauge", "Projects.", "\(status.projects)")
        text.single("spillway_api_keys", "gauge", "API keys that may act.", "\(status.keys)")
        text.single(
            "spillway_price_book_version", "gauge", "The price book in force; 0 before the first.",
            "\(status.priceVersion ?? 0)")
        text.single(
            "spillway_held_dollars", "gauge", "Money lent to gateways to hold from.",
            "\(status.held)")
        text.single(
            "spillway_usage_quarantined", "gauge", "Usage events that could not be rated.",
            "\(status.quarantined)")
        gateways(status.gateways, &text)
        models(status.models, &text)
        return text.lines
    }

    private static func gateways(_ gateways: [GatewayStatusBody], _ text: inout Text) {
        let families: [(String, String, (GatewayStatusBody) -> Int64)] = [
            (
                "spillway_gateway_connected", "Whether a gateway speaks with control.",
                {
                    $0.connected ? 1 : 0
                }
            ),
            ("spillway_gateway_requests", "Requests under way.", { Int64($0.requestsUnderWay) }),
            ("spillway_journal_synced_bytes", "Journal on stable storage.", { $0.syncedOffset }),
            ("spillway_journal_applied_bytes", "Journal posted.", { $0.appliedOffset }),
            (
                "spillway_journal_lag_bytes", "Journal synced and not posted yet.",
                {
                    max(0, $0.syncedOffset - $0.appliedOffset)
                }
            ),
        ]
        for (name, help, value) in families where !gateways.isEmpty {
            text.family(name, "gauge", help)
            for gateway in gateways {
                text.sample(name, ["gateway": "\(gateway.gateway)"], "\(value(gateway))")
            }
        }
    }

    private static func models(_ models: [ModelStatusBody], _ text: inout Text) {
        if models.isEmpty { return }
        text.family("spillway_model_ready", "gauge", "Whether a model takes requests.")
        for model in models {
            text.sample(
                "spillway_model_ready", ["model": model.name], model.state == .ready ? "1" : "0")
        }
        text.family("spillway_model_replicas", "gauge", "Running copies of a model.")
        for model in models {
            text.sample("spillway_model_replicas", ["model": model.name], "\(model.replicas)")
        }
    }

    private struct Text {
        var lines = ""

        mutating func family(_ name: String, _ type: String, _ help: String) {
            lines += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }

        mutating func sample(
            _ name: String, _ labels: KeyValuePairs<String, String>, _ value: String
        ) {
            let text = labels.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
            lines += "\(name){\(text)} \(value)\n"
        }

        mutating func single(_ name: String, _ type: String, _ help: String, _ value: String) {
            family(name, type, help)
            lines += "\(name) \(value)\n"
        }

        private func escaped(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
        }
    }
}
