import ArgumentParser
import Vocabulary
import Wire

struct InvoiceExplain: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "A line of an invoice, down to what it is the sum of.",
        discussion: """
            Tokens are taken apart to requests, compute to leases, storage to volumes, and credits
            to the leases that they were given for.

            Example:
              spillway invoice explain INV-000001 2
            """)

    @Argument(help: "The invoice's number or id.")
    var invoice: String

    @Argument(help: "The line's number.")
    var line: Int

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .invoiceExplain, path: APIRoute.invoiceExplain.path(invoice, "\(line)"))
        try await show(call, InvoiceExplanation.self) { explanation, text in
            switch explanation {
            case .requests(let rows): text.requests(rows)
            case .leases(let rows): text.leases(rows)
            case .volumes(let rows): text.volumes(rows)
            case .credits(let rows): text.credits(rows)
            }
        }
    }
}

extension TextOutput {
    fileprivate func requests(_ events: [UsageEventBody]) -> String {
        var table = Table(
            .fixed("REQUEST"), .fixed("ENDED"), .fixed("OUTCOME"), .number("INPUT"),
            .number("CACHED"), .number("OUTPUT"), .number("OTHER"), .number("USD"))
        for event in events {
            let counts = event.billed
            table.add(
                "\(event.request)", time(event.at), event.outcome, count(counts.input),
                count(counts.cacheRead), count(counts.output),
                count(counts.cacheWrite + counts.reasoning + counts.embedding),
                money(event.amount))
        }
        return list(table, empty: "No requests.")
    }

    fileprivate func leases(_ leases: [LeaseUsageBody]) -> String {
        var table = Table(
            .fixed("LEASE"), .fixed("ORDER"), .text("POOL"), .fixed("STARTED"),
            .number("NODES"), .number("SECONDS"), .number("ACCELERATOR-SECONDS"),
            .number("USD"))
        for lease in leases {
            table.add(
                "\(lease.lease)", "\(lease.order)", lease.pool.text, time(lease.startedAt),
                count(lease.nodes), count(lease.seconds), lease.acceleratorSeconds,
                money(lease.amount))
        }
        return list(table, empty: "No leases.")
    }

    fileprivate func volumes(_ volumes: [VolumeUsageBody]) -> String {
        var table = Table(
            .fixed("VOLUME"), .fixed("FROM"), .fixed("TO"), .number("MIB-SECONDS"),
            .number("USD"))
        for volume in volumes {
            table.add(
                "\(volume.volume)", time(volume.from), time(volume.to),
                count(volume.mebibyteSeconds), money(volume.amount))
        }
        return list(table, empty: "No volumes.")
    }

    fileprivate func credits(_ credits: [ServiceCreditBody]) -> String {
        var table = Table(
            .fixed("LEASE"), .fixed("ORDER"), .text("REASON"), .fixed("GIVEN"), .number("USD"))
        for credit in credits {
            table.add(
                "\(credit.lease)", "\(credit.order)", credit.reason, time(credit.at),
                money(credit.credited))
        }
        return list(table, empty: "No credits.")
    }
}
