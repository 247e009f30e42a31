import ArgumentParser
import Vocabulary
import Wire

struct VolumeDelete: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a volume; it is kept for a time, and undelete takes it back.",
        discussion: """
            Example:
              spillway volume delete vol_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        var call = ControlCall(.volumeDelete, path: APIRoute.volumeDelete.path("\(volume)"))
        call.idempotencyKey = effect.key
        try await show(call, VolumeBody.self) { answer, text in text.volume(answer) }
    }
}
