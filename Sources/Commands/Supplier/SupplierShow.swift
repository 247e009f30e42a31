import ArgumentParser
import Vocabulary
import Wire

struct SupplierShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One supplier, with what an accelerator-hour costs us.",
        discussion: """
            Full cost is the floor of reserved and on-demand prices, avoidable cost that of spot.

            Example:
              spillway supplier show own --data /var/lib/spillway
            """)

    @Argument(help: "The supplier's name.")
    var supplier: SupplierName

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.supplierShow, path: APIRoute.supplierShow.path("\(supplier)"))
        try await show(call, SupplierBody.self) { supplier, text in
            var table = Table(
                .fixed("POOL"), .fixed("ACCELERATOR"), .number("COUNT"), .number("FULL COST"),
                .number("AVOIDABLE"))
            for pool in supplier.pools {
                table.add(
                    "\(pool.pool)", "\(pool.accelerator)", text.count(pool.accelerators),
                    pool.fullPerAcceleratorHour.map(text.money) ?? "-",
                    pool.avoidablePerAcceleratorHour.map(text.money) ?? "-")
            }
            let head = text.record([
                "Supplier": "\(supplier.name)", "Kind": supplier.kind.rawValue,
                "From": supplier.from.map(text.time), "To": supplier.to.map(text.time),
                "Committed": supplier.contract.map { "\($0.committedHours) accelerator-hours" },
                "Used": supplier.contract.map { "\($0.usedHours) accelerator-hours" },
                "Unused": supplier.contract.map { "\($0.unusedHours) accelerator-hours" },
                "Paid": supplier.contract.map { "\(text.amount($0.paid)) dollars" },
                "For nothing": supplier.contract.map { "\(text.amount($0.paidForUnused)) dollars" },
                "Server": supplier.tokens?.url,
                "At a time": supplier.tokens.map { "\($0.requests) requests" },
                "Caps": supplier.capsInWords(text),
            ])
            if let tokens = supplier.tokens {
                return head + "\n\nDollars per million tokens.\n\n" + text.supplied(tokens)
            }
            return head + "\n\nDollars per accelerator-hour.\n\n"
                + text.list(table, empty: "No pool is from it.")
        }
    }
}
