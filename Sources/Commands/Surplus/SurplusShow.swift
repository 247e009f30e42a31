import ArgumentParser
import Vocabulary
import Wire

struct SurplusShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Each pool: what teams of ours need, what is sold and what may be sold now.",
        discussion: """
            SPOT LEFT and FIRM LEFT say how many accelerators may be sold besides what is: firmly
            for an hour, 6 hours, a day and 7 days. What is longer is judged as 7 days.

            Example:
              spillway surplus show --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("Only this pool.", valueName: "pool"))
    var pool: PoolName?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.surplusShow), [SurplusBody].self) { pools, text in
            var table = Table(
                .fixed("POOL"), .number("CAPACITY"), .number("OURS"), .number("WAITING"),
                .number("ENTITLED"), .number("ON DEMAND"), .number("RESERVED"), .number("SPOT"),
                .number("SPOT LEFT"), .fixed("FIRM LEFT"), .fixed("NEXT LOOK"))
            for row in pools where pool == nil || row.pool == pool {
                let time = row.nextLook.map { String(text.time($0).suffix(8).prefix(5)) }
                table.add(
                    "\(row.pool)", text.count(row.capacity), text.count(row.running),
                    text.count(row.waiting), text.count(row.entitled),
                    text.count(row.soldOnDemand), text.count(row.soldReserved),
                    text.count(row.soldSpot), row.spotLeft.map { text.count($0) } ?? "all free",
                    row.nextLook == nil ? "all free" : row.firmLeftText,
                    (time ?? "-") + (row.limitsSales == false && time != nil ? " (no limit)" : ""))
            }
            return text.list(table, empty: "No pools.")
        }
    }
}
