import ArgumentParser
import Vocabulary
import Wire

struct KeyRevoke: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key, everywhere within a second and for good.",
        discussion: """
            Example:
              spillway key revoke key_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The key's id, not its secret.")
    var key: APIKeyID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.keyRevoke, path: APIRoute.keyRevoke.path("\(key)"))
        try await show(call, KeyBody.self) { key, text in
            "\(key.id) is revoked" + (key.revokedAt.map { " since \(text.time($0))" } ?? "") + "."
        }
    }
}
