import ArgumentParser
import Vocabulary
import Wire

struct KeyCreate: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key. Its secret is shown once and not kept.",
        discussion: """
            Examples:
              spillway key create --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t --name laptop
              spillway key create --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t --aws
              spillway key create --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t --json
            """)

    @Option(help: ArgumentHelp("Whose requests the key makes.", valueName: "id"))
    var project: ProjectID

    @Option(help: "Where it is used, for people.")
    var name: String?

    @Flag(help: "Also show an access key pair, with which clients of AWS sign.")
    var aws = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let call = try ControlCall(
            .keyCreate, body: KeyCreateBody(project: project, name: name, aws: aws ? true : nil),
            idempotencyKey: effect.key)
        try await show(call, KeyCreatedBody.self) { key, text in
            text.record([
                "Key": "\(key.id)", "Name": key.name.isEmpty ? nil : key.name,
                "Project": "\(key.project)", "Secret": key.key,
                "Access key": key.awsAccessKeyID, "Secret access key": key.awsSecretAccessKey,
            ]) + "\n\nThe secret is shown only now. Keep it where programs read it, not in a chat."
        }
    }
}
