package import ArgumentParser
import Vocabulary
import Wire

package struct PlanCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What teams of ours have announced that they will need.",
        subcommands: [PlanAdd.self, PlanList.self, PlanRemove.self])

    package init() {}
}

struct PlanAdd: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Announce what a team will need, so that it is not sold.",
        discussion: """
            Example:
              spillway plan add --team org_01jd3v9w0k8m2c4e6g8j0p2r4t --pool h100 --accelerators 512 --from 2026-12-01 --until 2026-12-20 --note "training run" --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("The internal customer that needs it.", valueName: "id"))
    var team: OrganizationID

    @Option(help: ArgumentHelp("Where.", valueName: "pool"))
    var pool: PoolName

    @Option(help: ArgumentHelp("How many.", valueName: "number"))
    var accelerators: Int

    @Option(help: ArgumentHelp("When it begins.", valueName: "time"))
    var from: Instant

    @Option(help: ArgumentHelp("When it is over.", valueName: "time"))
    var until: Instant

    @Option(help: ArgumentHelp("For people: what it is for.", valueName: "text"))
    var note: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = PlanAddBody(
            team: team, pool: pool, accelerators: accelerators, from: from, until: until,
            note: note)
        let call = try ControlCall(.planAdd, body: body, idempotencyKey: effect.key)
        try await show(call, PlanBody.self) { plan, text in
            "\(plan.id): \(text.count(plan.accelerators)) accelerators of pool \(plan.pool) from "
                + "\(text.time(plan.from)) to \(text.time(plan.until))."
        }
    }
}

struct PlanList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Plans that are not over, by their beginning.",
        discussion: """
            Example:
              spillway plan list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.planList), [PlanBody].self) { plans, text in
            var table = Table(
                .fixed("PLAN"), .fixed("TEAM"), .fixed("POOL"), .number("ACCELERATORS"),
                .fixed("FROM"), .fixed("UNTIL"), .text("NOTE"))
            for plan in plans {
                table.add(
                    "\(plan.id)", "\(plan.team)", "\(plan.pool)", text.count(plan.accelerators),
                    text.time(plan.from), text.time(plan.until), plan.note)
            }
            return text.list(table, empty: "No plans.")
        }
    }
}

struct PlanRemove: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Withdraw a plan: what it would have needed may be sold.",
        discussion: """
            Example:
              spillway plan remove pln_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The plan's id.")
    var plan: PlanID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.planRemove, path: APIRoute.planRemove.path("\(plan)"))
        try await show(call, PlanBody.self) { plan, _ in "\(plan.id) is withdrawn." }
    }
}
