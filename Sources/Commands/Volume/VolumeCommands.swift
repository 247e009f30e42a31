package import ArgumentParser
import Vocabulary
import Wire

package struct VolumeCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "volume",
        abstract: "Storage that outlives jobs and instances.",
        subcommands: [
            VolumeCreate.self, VolumeList.self, VolumeShow.self, VolumeSnapshot.self,
            VolumeSnapshots.self, VolumeRestore.self, VolumeDelete.self, VolumeUndelete.self,
        ])

    package init() {}
}

extension TextOutput {
    func volume(_ volume: VolumeBody) -> String {
        record([
            "Volume": "\(volume.id)", "Name": volume.name, "Project": "\(volume.project)",
            "State": volume.state.rawValue, "Cluster": "\(volume.cluster)",
            "Quota": count(volume.quotaMiB) + " MiB",
            "Used": volume.usedBytes.map { count($0) + " bytes" },
            "Created": time(volume.createdAt), "Deleted": volume.deletedAt.map(time),
            "Kept until": volume.purgeAt.map(time),
            "Price": price(volume.pricePerGiBMonth) + " per GiB-month",
            "Charged": amount(volume.charged),
        ])
    }

    func snapshots(_ snapshots: [SnapshotBody]) -> String {
        var table = Table(.fixed("SNAPSHOT"), .fixed("CREATED"), .number("BYTES"))
        for snapshot in snapshots {
            table.add(
                "\(snapshot.id)", time(snapshot.createdAt), snapshot.usedBytes.map(count) ?? "")
        }
        return list(table, empty: "No snapshots.")
    }
}
