import ArgumentParser
import Commands

/// The whole command line.
struct SpillwayProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spillway",
        abstract: "Sells what is left of an AI fleet: tokens, metered and billed to the last one.",
        discussion: """
            Start it with 'spillway up'; every other command talks to a running Spillway, found by \
            --data DIR or by SPILLWAY_CONTROL and SPILLWAY_TOKEN.
            """,
        version: ProductVersion.text,
        subcommands: [UpCommand.self, DemoCommand.self] + SpillwayCommands.all,
        groupedSubcommands: [
            CommandGroup(
                name: "Processes (started by 'up')",
                subcommands: [GatewayCommand.self, ControlCommand.self, LeaseShimCommand.self])
        ])
}
