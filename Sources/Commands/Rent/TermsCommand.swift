package import ArgumentParser
import Vocabulary
import Wire

package struct TermsCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "terms",
        abstract: "What each purchase class promises.",
        subcommands: [TermsShow.self, TermsSet.self], defaultSubcommand: TermsShow.self)

    package init() {}
}

struct TermsShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "What each purchase class promises: notice, refunds, billing.",
        discussion: """
            Example:
              spillway terms show --data /var/lib/spillway
            """)

    @OptionGroup var rent: RentOptions

    func run() async throws {
        try await show(ControlCall(.terms), [TermsBody].self) { classes, text in
            classes.map(text.promises).joined(separator: "\n\n")
        }
    }
}

struct TermsSet: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change what a class promises to orders from now on.",
        discussion: """
            Orders that were taken before keep the terms that they were taken with.

            Example:
              spillway terms set spot --notice 5m --refund-within 20m --data /var/lib/spillway
            """)

    @Argument(help: "on_demand, spot or reserved.")
    var purchaseClass: PurchaseClass

    @Option(
        help: ArgumentHelp("Between notice and stop; spot alone is taken back.", valueName: "time"))
    var notice: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Taken back so soon after its start, a run is credited whole.", valueName: "time"))
    var refundWithin: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Of what a run was charged, credited when a node fails: 0 to 1.", valueName: "share"))
    var failureCredit: AcceleratorCount?

    @Option(help: ArgumentHelp("How far back such a credit reaches.", valueName: "time"))
    var failureReach: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Between the warning that money ends and the stop.", valueName: "time"))
    var moneyNotice: TimeSpan?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = try ControlCall(
            .termsChange, path: APIRoute.termsChange.path(purchaseClass.rawValue),
            body: TermsChangeBody(
                noticeSeconds: notice?.seconds, refundWithinSeconds: refundWithin?.seconds,
                failureCreditThousandths: failureCredit?.accelerators.thousandths,
                failureCreditReachSeconds: failureReach?.seconds,
                moneyNoticeSeconds: moneyNotice?.seconds))
        try await show(call, TermsBody.self) { terms, text in text.promises(terms) }
    }
}

extension TextOutput {
    fileprivate func promises(_ terms: TermsBody) -> String {
        terms.purchaseClass.rawValue + "\n"
            + terms.words.map { "  " + $0 }.joined(separator: "\n")
    }
}
