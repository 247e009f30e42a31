import ArgumentParser
import Vocabulary
import Wire

struct VolumeUndelete: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelete",
        abstract: "Take the deletion of a volume back while it is kept.",
        discussion: """
            Example:
              spillway volume undelete vol_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        var call = ControlCall(.volumeUndelete, path: APIRoute.volumeUndelete.path("\(volume)"))
        call.idempotencyKey = effect.key
        try await show(call, VolumeBody.self) { answer, text in text.volume(answer) }
    }
}
