import ArgumentParser
import Vocabulary
import Wire

struct KeySession: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Make temporary credentials of an API key, for clients of AWS.",
        discussion: """
            An access key pair with a session token: they hold together, until their end or until \
            the key is revoked. Nothing of them is kept. A client that has the key's own pair asks \
            for some by itself: AWS's GetSessionToken is served at the gateway.

            Examples:
              spillway key session key_01jd3v9w0k8m2c4e6g8j0p2r4t --expires 1h
              spillway key session key_01jd3v9w0k8m2c4e6g8j0p2r4t --json
            """)

    @Argument(help: "The key's id, not its secret.")
    var key: APIKeyID

    @Option(
        help: ArgumentHelp(
            "How long they hold: 90s, 15m, 36h at most; 12h unless given.",
            valueName: "time"))
    var expires: TimeSpan?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = try ControlCall(
            .sessionCreate, path: APIRoute.sessionCreate.path("\(key)"),
            body: SessionCreateBody(seconds: expires?.seconds))
        try await show(call, SessionCreatedBody.self) { made, text in
            text.record([
                "Key": "\(made.key)", "Until": text.time(made.expiresAt),
                "Access key": made.awsAccessKeyID, "Secret access key": made.awsSecretAccessKey,
                "Session token": made.awsSessionToken,
            ]) + "\n\nThey are shown only now. Keep them where programs read them, not in a chat."
        }
    }
}
