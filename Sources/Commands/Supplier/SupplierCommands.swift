package import ArgumentParser
import Vocabulary
import Wire

package struct SupplierCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "supplier",
        abstract: "Where capacity comes from, and what it costs us.",
        subcommands: [SupplierList.self, SupplierShow.self])

    package init() {}
}
