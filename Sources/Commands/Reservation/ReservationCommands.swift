package import ArgumentParser

package struct ReservationCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reservation",
        abstract: "Nodes for a calendar window.",
        subcommands: [
            ReservationCreate.self, ReservationList.self, ReservationShow.self,
            ReservationCancel.self,
        ])

    package init() {}
}
