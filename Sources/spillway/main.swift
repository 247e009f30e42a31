import Commands
import Foundation

exit(
    await CommandLineProgram.run(
        SpillwayProgram.self, arguments: Array(CommandLine.arguments.dropFirst())
    ).rawValue)
