import ArgumentParser
import Vocabulary
import Wire

struct PoolShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One pool: nodes, prices, blocks, and how work is kept apart.",
        discussion: """
            Example:
              spillway pool show local --data /var/lib/spillway
            """)

    @Argument(help: "The pool's name.")
    var pool: PoolName

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.poolShow, path: APIRoute.poolShow.path("\(pool)"))
        try await show(call, PoolBody.self) { pool, text in text.pool(pool) }
    }
}
