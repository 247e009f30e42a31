import ArgumentParser
import Vocabulary
import Wire

struct VolumeSnapshot: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keep a volume as it is now.",
        discussion: """
            Example:
              spillway volume snapshot vol_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        var call = ControlCall(
            .volumeSnapshot, path: APIRoute.volumeSnapshot.path("\(volume)"))
        call.idempotencyKey = effect.key
        try await show(call, SnapshotBody.self) { snapshot, text in text.snapshots([snapshot]) }
    }
}
