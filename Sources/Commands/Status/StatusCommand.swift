package import ArgumentParser
import Wire

package struct StatusCommand: OwnerCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "What runs, and how far the money is posted.",
        discussion: """
            Example:
              spillway status --data /var/lib/spillway
            """)

    @OptionGroup package var connection: ConnectionOptions

    package init() {}

    package func run() async throws {
        try await show(ControlCall(.status), StatusBody.self) { status, text in
            var parts = [
                text.record([
                    "Version": status.version, "Since": text.time(status.startedAt),
                    "Customers": text.count(status.customers),
                    "Projects": text.count(status.projects), "Keys": text.count(status.keys),
                    "Prices": status.priceVersion.map { "version \($0)" } ?? "none",
                    "Held": text.amount(status.held),
                    "Ledger": text.count(status.ledgerSequence) + " entries",
                    "Quarantined": status.quarantined == 0
                        ? nil : text.count(status.quarantined) + " usage events wait for a person",
                ])
            ]
            var models = Table(
                .fixed("MODEL"), .fixed("STATE"), .number("REPLICAS"), .text("PROBLEM"))
            for model in status.models {
                models.add(
                    model.name, model.state.words, "\(model.replicas)", model.problem ?? "")
            }
            parts.append(text.list(models, empty: "No models."))
            var gateways = Table(
                .fixed("GATEWAY"), .fixed("CONNECTED"), .number("REQUESTS"),
                .number("BYTES TO POST"))
            for gateway in status.gateways {
                gateways.add(
                    "\(gateway.gateway)", gateway.connected ? "yes" : "no",
                    "\(gateway.requestsUnderWay)",
                    text.count(max(0, gateway.syncedOffset - gateway.appliedOffset)))
            }
            parts.append(text.list(gateways, empty: "No gateway has spoken with control yet."))
            return parts.joined(separator: "\n\n")
        }
    }
}
