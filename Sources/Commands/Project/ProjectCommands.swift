package import ArgumentParser
import Vocabulary
import Wire

package struct ProjectCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Projects: what keys, limits and invoice lines belong to.",
        subcommands: [ProjectCreate.self, ProjectList.self, ProjectShow.self])

    package init() {}
}

extension TextOutput {
    func project(_ project: ProjectBody) -> String {
        record([
            "Project": "\(project.id)", "Name": project.name, "Customer": "\(project.customer)",
            "Since": time(project.createdAt),
        ])
    }
}
