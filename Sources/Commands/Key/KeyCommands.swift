package import ArgumentParser

package struct KeyCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "API keys, by which a project's requests are known.",
        subcommands: [KeyCreate.self, KeyList.self, KeyRevoke.self, KeySession.self])

    package init() {}
}
