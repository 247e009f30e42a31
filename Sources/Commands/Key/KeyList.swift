import ArgumentParser
import Vocabulary
import Wire

struct KeyList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "API keys, never their secrets.",
        discussion: """
            Example:
              spillway key list --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Option(help: ArgumentHelp("Only this project's.", valueName: "id"))
    var project: ProjectID?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.keyList, query: ["project": project]), [KeyBody].self) {
            keys, text in
            var table = Table(
                .fixed("KEY"), .text("NAME"), .fixed("ENDS IN"), .fixed("PROJECT"),
                .fixed("REVOKED"))
            for key in keys {
                table.add(
                    "\(key.id)", key.name, key.hint, "\(key.project)",
                    key.revokedAt.map(text.time) ?? "")
            }
            return text.list(
                table, empty: "No keys. Make one: spillway key create --project ID")
        }
    }
}
