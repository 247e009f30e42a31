import ArgumentParser
import Vocabulary
import Wire

struct InventoryCheck: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "What applying an inventory file would change.",
        discussion: """
            Example:
              spillway inventory check inventory.yaml --data /var/lib/spillway
            """)

    @Argument(help: "An inventory file; docs/inventory.md says what stands in it.")
    var file: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let body = InventoryFileBody(name: file, text: try environment.readFile(file))
        try await show(ControlCall(.inventoryCheck, body: body), InventoryChangeBody.self) {
            change, text in
            text.change(change) + "\n\nApply it: spillway inventory apply \(file)"
        }
    }
}
