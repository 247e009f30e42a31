import ArgumentParser
import Vocabulary
import Wire

struct VolumeRestore: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a volume back to a snapshot; nothing may have it meanwhile.",
        discussion: """
            Example:
              spillway volume restore vol_01jd3v9w0k8m2c4e6g8j0p2r4t snp_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @Argument(help: "The snapshot's id.")
    var snapshot: SnapshotID

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let call = try ControlCall(
            .volumeRestore, path: APIRoute.volumeRestore.path("\(volume)"),
            body: VolumeRestoreBody(snapshot: snapshot), idempotencyKey: effect.key)
        try await show(call, VolumeBody.self) { answer, text in text.volume(answer) }
    }
}
