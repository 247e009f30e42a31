import ArgumentParser
import Vocabulary
import Wire

struct TermsCommand: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "terms",
        abstract: "What each purchase class promises: notice, refunds, billing.",
        discussion: """
            Example:
              spillway terms --data /var/lib/spillway
            """)

    @OptionGroup var rent: RentOptions

    func run() async throws {
        try await show(ControlCall(.terms), [TermsBody].self) { classes, text in
            classes.map { terms in
                terms.purchaseClass.rawValue + "\n"
                    + terms.words.map { "  " + $0 }.joined(separator: "\n")
            }.joined(separator: "\n\n")
        }
    }
}
