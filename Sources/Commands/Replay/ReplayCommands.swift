package import ArgumentParser

package struct ReplayCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Try decisions of ours on recorded work, from files alone.",
        subcommands: [ReplayPlace.self, ReplaySurplus.self, ReplayProducts.self, ReplayFleet.self])

    package init() {}
}
