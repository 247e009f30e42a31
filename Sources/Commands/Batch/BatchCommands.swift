package import ArgumentParser

package struct BatchCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Customers' batches: requests that run in what is idle, at half the price.",
        discussion: "Customers make them with their vendors' libraries; see docs/batches.md.",
        subcommands: [BatchList.self, BatchShow.self, BatchCancel.self])

    package init() {}
}
