import ArgumentParser
import Vocabulary
import Wire

struct PoolList: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Pools: what is free, and what an accelerator-hour costs.",
        discussion: """
            Example:
              spillway pool list --data /var/lib/spillway
            """)

    @OptionGroup var rent: RentOptions

    func run() async throws {
        try await show(ControlCall(.poolList), [PoolBody].self) { pools, text in
            var table = Table(
                .fixed("POOL"), .fixed("ACCELERATOR"), .number("NODES"), .number("FREE"),
                .number("ON DEMAND"), .number("SPOT"), .number("RESERVED"), .text("NOTE"))
            for pool in pools {
                func price(_ purchaseClass: PurchaseClass) -> String {
                    pool.prices.first { $0.purchaseClass == purchaseClass }?.perAcceleratorHour
                        .map(text.money) ?? "-"
                }
                table.add(
                    "\(pool.name)", "\(pool.accelerator)", text.count(pool.nodes),
                    "\(pool.acceleratorsFree)", price(.onDemand), price(.spot), price(.reserved),
                    pool.reason ?? "")
            }
            return text.list(
                table, empty: "No pools. The owner declares them: spillway inventory apply FILE")
        }
    }
}
