import ArgumentParser
import Vocabulary
import Wire

struct ProjectCreate: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make another project of a customer.",
        discussion: """
            Example:
              spillway project create search --customer org_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The project's name, for people and invoices.")
    var name: String

    @Option(help: ArgumentHelp("Whose project it is.", valueName: "id"))
    var customer: OrganizationID

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let call = try ControlCall(
            .projectCreate, body: ProjectCreateBody(customer: customer, name: name),
            idempotencyKey: effect.key)
        try await show(call, ProjectBody.self) { project, text in text.project(project) }
    }
}
