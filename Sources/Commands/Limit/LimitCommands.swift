package import ArgumentParser
import Vocabulary
import Wire

package struct LimitCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Limits of a project or of one key.",
        subcommands: [LimitSet.self, LimitShow.self])

    package init() {}
}

/// Whose limits are meant: exactly one of a project and a key.
struct LimitSubject: ParsableArguments {
    @Option(help: ArgumentHelp("The project whose limits are meant.", valueName: "id"))
    var project: ProjectID?

    @Option(help: ArgumentHelp("The key whose limits are meant.", valueName: "id"))
    var key: APIKeyID?

    func validate() throws {
        if (project == nil) == (key == nil) {
            throw ValidationError("Name exactly one of --project ID and --key ID.")
        }
    }

    /// The operation and its path.
    func route(
        project projectRoute: APIRoute, key keyRoute: APIRoute
    ) -> (route: APIRoute, path: String) {
        if let project { return (projectRoute, projectRoute.path("\(project)")) }
        return (keyRoute, keyRoute.path(key.map { "\($0)" } ?? ""))
    }
}

extension TextOutput {
    func limits(_ limits: LimitsBody) -> String {
        record([
            "Requests a minute": limits.requestsPerMinute.map { count($0) } ?? "no limit",
            "Tokens a minute": limits.tokensPerMinute.map { count($0) } ?? "no limit",
            "Requests at a time": limits.concurrency.map { count($0) } ?? "no limit",
            "Models": limits.models.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
                ?? "all",
            "Budget": limits.budget.map {
                money($0.amount) + ($0.window == .month ? " a month" : " in total")
            } ?? "no limit",
            "Spent of it": limits.budgetSpent.map { money($0) },
        ])
    }
}
