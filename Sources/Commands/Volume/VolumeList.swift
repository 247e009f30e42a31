import ArgumentParser
import Vocabulary
import Wire

struct VolumeList: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Volumes, the newest first.",
        discussion: """
            Example:
              spillway volume list --data /var/lib/spillway
            """)

    @Flag(help: "Also those that are deleted and not gone yet.")
    var deleted = false

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .volumeList, query: ["project": try payer(), "deleted": deleted ? true : nil])
        try await show(call, [VolumeBody].self) { volumes, text in
            var table = Table(
                .fixed("VOLUME"), .text("NAME"), .fixed("STATE"), .fixed("CLUSTER"),
                .number("MIB"), .number("BYTES USED"), .number("CHARGED"))
            for volume in volumes {
                table.add(
                    "\(volume.id)", volume.name, volume.state.rawValue, "\(volume.cluster)",
                    text.count(volume.quotaMiB), volume.usedBytes.map(text.count) ?? "",
                    text.amount(volume.charged))
            }
            return text.list(
                table, empty: "No volumes. Create one: spillway volume create --help")
        }
    }
}
