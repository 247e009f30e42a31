import ArgumentParser
import Vocabulary
import Wire

struct VolumeSnapshots: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "A volume's snapshots, the newest first.",
        discussion: """
            Example:
              spillway volume snapshots vol_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.snapshotList, path: APIRoute.snapshotList.path("\(volume)"))
        try await show(call, [SnapshotBody].self) { answer, text in text.snapshots(answer) }
    }
}
