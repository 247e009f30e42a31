import ArgumentParser
import Vocabulary
import Wire

struct VolumeShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One volume.",
        discussion: """
            Example:
              spillway volume show vol_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The volume's id.")
    var volume: VolumeID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.volumeShow, path: APIRoute.volumeShow.path("\(volume)"))
        try await show(call, VolumeBody.self) { answer, text in text.volume(answer) }
    }
}
