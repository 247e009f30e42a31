import ArgumentParser
import Vocabulary
import Wire

struct ProjectShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One project.",
        discussion: """
            Example:
              spillway project show prj_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The project's id.")
    var project: ProjectID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.projectShow, path: APIRoute.projectShow.path("\(project)"))
        try await show(call, ProjectBody.self) { project, text in text.project(project) }
    }
}
