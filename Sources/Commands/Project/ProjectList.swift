import ArgumentParser
import Vocabulary
import Wire

struct ProjectList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Projects, of one customer or of all.",
        discussion: """
            Example:
              spillway project list --customer org_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Option(help: ArgumentHelp("Only this customer's.", valueName: "id"))
    var customer: OrganizationID?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.projectList, query: ["customer": customer])
        try await show(call, [ProjectBody].self) { projects, text in
            var table = Table(.fixed("PROJECT"), .text("NAME"), .fixed("CUSTOMER"), .fixed("SINCE"))
            for project in projects {
                table.add(
                    "\(project.id)", project.name, "\(project.customer)",
                    text.time(project.createdAt))
            }
            return text.list(table, empty: "No projects.")
        }
    }
}
