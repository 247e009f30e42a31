import ArgumentParser
import Vocabulary
import Wire

struct InventoryApply: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Apply an inventory file; what it no longer names is drained, then retired.",
        discussion: """
            Example:
              spillway inventory apply inventory.yaml --data /var/lib/spillway
            """)

    @Argument(help: "An inventory file; docs/inventory.md says what stands in it.")
    var file: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = InventoryFileBody(name: file, text: try environment.readFile(file))
        let call = try ControlCall(.inventoryApply, body: body, idempotencyKey: effect.key)
        try await show(call, InventoryChangeBody.self) { change, text in text.change(change) }
    }
}
