package import ArgumentParser

package struct CreditCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "Prepaid credit, and how far a customer may owe.",
        subcommands: [CreditAdd.self, CreditLimit.self, CreditList.self])

    package init() {}
}
