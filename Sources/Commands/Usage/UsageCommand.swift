package import ArgumentParser
import Vocabulary
import Wire

package struct UsageCommand: OwnerCommand {
    package static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "What was used and what it cost.",
        discussion: """
            Tokens stand in disjoint classes: a token that was read from the cache is not in the
            input as well. Unbilled are tokens that the engine made and no customer got.

            Examples:
              spillway usage --customer org_01jd3v9w0k8m2c4e6g8j0p2r4t
              spillway usage --period 2026-11 --group day --json
              spillway usage --key key_01jd3v9w0k8m2c4e6g8j0p2r4t --from 2026-11-01 --to 2026-11-08
            """)

    @Option(help: ArgumentHelp("Only this customer's.", valueName: "id"))
    var customer: OrganizationID?

    @Option(help: ArgumentHelp("Only this project's.", valueName: "id"))
    var project: ProjectID?

    @Option(help: ArgumentHelp("Only this key's.", valueName: "id"))
    var key: APIKeyID?

    @Option(help: "Only this model's.")
    var model: String?

    @Option(help: ArgumentHelp("A month, such as 2026-11 (UTC).", valueName: "month"))
    var period: BillingPeriod?

    @Option(help: ArgumentHelp("From this time on (UTC).", valueName: "time"))
    var from: Instant?

    @Option(help: ArgumentHelp("Up to, not with, this time (UTC).", valueName: "time"))
    var to: Instant?

    @Option(help: "What it is added up by.")
    var group: UsageGrouping = .model

    @OptionGroup package var connection: ConnectionOptions

    package init() {}

    package func validate() throws {
        if period != nil, from != nil || to != nil {
            throw ValidationError("Name --period, or --from and --to, not both.")
        }
    }

    package func run() async throws {
        let call = ControlCall(
            .usage,
            query: [
                "customer": customer, "project": project, "key": key, "model": model,
                "from": period?.start ?? from, "to": period?.end ?? to, "group": group.rawValue,
            ])
        try await show(call, [UsageRowBody].self) { rows, text in
            text.list(table(rows, text), empty: "No usage.")
        }
    }

    private func table(_ rows: [UsageRowBody], _ text: TextOutput) -> Table {
        var table = Table(
            .text(group.rawValue.uppercased()), .number("REQUESTS"), .number("INPUT"),
            .number("CACHED"), .number("OUTPUT"), .number("OTHER"), .number("UNBILLED"),
            .number("USD"))
        var sum = UsageRowBody(requests: 0, billed: .zero, unbilledTokens: 0, amount: .zero)
        for row in rows {
            add(row, name(of: row), to: &table, text)
            sum.requests += row.requests
            sum.billed += row.billed
            sum.unbilledTokens += row.unbilledTokens
            sum.amount += row.amount
        }
        if rows.count > 1 {
            table.setFooter(
                "total", text.count(sum.requests), text.count(sum.billed.input),
                text.count(sum.billed.cacheRead), text.count(sum.billed.output),
                text.count(other(sum.billed)), text.count(sum.unbilledTokens),
                text.money(sum.amount))
        }
        return table
    }

    private func add(
        _ row: UsageRowBody, _ name: String, to table: inout Table, _ text: TextOutput
    ) {
        table.add(
            name, text.count(row.requests), text.count(row.billed.input),
            text.count(row.billed.cacheRead), text.count(row.billed.output),
            text.count(other(row.billed)), text.count(row.unbilledTokens), text.money(row.amount))
    }

    private func other(_ counts: TokenCounts) -> Int64 {
        counts.cacheWrite + counts.reasoning + counts.embedding
    }

    private func name(of row: UsageRowBody) -> String {
        switch group {
        case .model: row.model ?? ""
        case .project: row.project.map { "\($0)" } ?? ""
        case .key: row.key.map { "\($0)" } ?? ""
        case .profile: row.profile.map { "\($0)" } ?? "without"
        case .day: row.day ?? ""
        }
    }
}
