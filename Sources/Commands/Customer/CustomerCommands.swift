package import ArgumentParser

package struct CustomerCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "customer",
        abstract: "Customers and their money.",
        subcommands: [CustomerCreate.self, CustomerList.self, CustomerShow.self])

    package init() {}
}
