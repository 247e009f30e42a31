package import ArgumentParser

package struct JobCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Work that ends: submit it, watch it, fetch what it leaves.",
        subcommands: [
            JobSubmit.self, JobList.self, JobShow.self, JobCancel.self, JobLog.self, JobFiles.self,
        ])

    package init() {}
}
