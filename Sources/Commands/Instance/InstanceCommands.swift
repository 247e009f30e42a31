package import ArgumentParser

package struct InstanceCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "instance",
        abstract: "Machines that stay up, with a shell and ports.",
        subcommands: [
            InstanceCreate.self, InstanceList.self, InstanceShow.self, InstanceStop.self,
            InstanceLog.self, InstanceExec.self, InstanceConnect.self,
        ])

    package init() {}
}
