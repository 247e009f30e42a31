import ArgumentParser
import Vocabulary
import Wire

struct InventoryShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "The inventory in force; --json has every field of its file.",
        discussion: """
            Example:
              spillway inventory show --data /var/lib/spillway --json
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.inventoryShow), InventoryBody.self) { inventory, text in
            var table = Table(
                .fixed("POOL"), .fixed("SITE"), .fixed("SUPPLIER"), .fixed("CLUSTER"),
                .fixed("ACCELERATOR"), .number("NODES"), .number("EACH"))
            for pool in inventory.pools {
                table.add(
                    "\(pool.name)", "\(pool.site)", "\(pool.supplier)", "\(pool.cluster)",
                    "\(pool.accelerator)", text.count(pool.nodes.count),
                    "\(pool.acceleratorsPerNode)")
            }
            return text.list(
                table, empty: "No inventory. Apply a file: spillway inventory apply FILE")
        }
    }
}
