import ArgumentParser
import Vocabulary
import Wire

struct SupplierList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Suppliers: owned capacity and what is bought in.",
        discussion: """
            Committed are the accelerator-hours that a contract was paid for since it began;
            of pay-as-you-go those that were used. Caps are what was used of what a day or a
            month may cost.

            Example:
              spillway supplier list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.supplierList), [SupplierBody].self) { suppliers, text in
            var table = Table(
                .fixed("SUPPLIER"), .fixed("KIND"), .number("ACCELERATORS"), .fixed("UNTIL"),
                .number("COMMITTED"), .number("UNUSED"), .number("PAID"), .fixed("CAPS"),
                .text("POOLS AND MODELS"))
            for supplier in suppliers {
                table.add(
                    "\(supplier.name)", supplier.kind.rawValue, text.count(supplier.accelerators),
                    supplier.to.map(text.time) ?? "", supplier.contract?.committedHours ?? "",
                    supplier.contract?.unusedHours ?? "",
                    supplier.contract.map { text.amount($0.paid) } ?? "",
                    supplier.capsInWords(text) ?? "",
                    (supplier.pools.map(\.pool.text) + (supplier.tokens?.models ?? []).map(\.model))
                        .joined(separator: ", "))
            }
            return text.list(table, empty: "No suppliers. Declare them in the inventory file.")
        }
    }
}
