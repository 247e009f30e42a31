import ArgumentParser
import Vocabulary
import Wire

struct LimitSet: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change limits; those that are not named stay as they are.",
        discussion: """
            A limit of a project holds for all its keys together, a key's for the key. 'none'
            takes a limit away; '--models all' allows every model.

            Examples:
              spillway limit set --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t --requests 600
              spillway limit set --key key_01jd3v9w0k8m2c4e6g8j0p2r4t --budget 20 --window month
              spillway limit set --key key_01jd3v9w0k8m2c4e6g8j0p2r4t --models tiny-llama-demo
              spillway limit set --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t --tokens none
            """)

    @OptionGroup var subject: LimitSubject

    @Option(help: ArgumentHelp("Requests a minute, or 'none'.", valueName: "number"))
    var requests: LimitArgument<Int64>?

    @Option(
        help: ArgumentHelp(
            "Tokens a minute, prompt and answer together, or 'none'.", valueName: "number"))
    var tokens: LimitArgument<Int64>?

    @Option(help: ArgumentHelp("Requests at a time, or 'none'.", valueName: "number"))
    var concurrency: LimitArgument<Int>?

    @Option(
        help: ArgumentHelp(
            "Models that may be called, with commas between; or 'all'.", valueName: "names"))
    var models: String?

    @Option(help: ArgumentHelp("Dollars that may be spent, or 'none'.", valueName: "usd"))
    var budget: LimitArgument<Money>?

    @Option(help: "Whether the budget begins anew with each month (UTC), or is the total.")
    var window: Budget.Window?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func validate() throws {
        if change.isEmpty {
            throw ValidationError(
                "Name a limit to change: --requests, --tokens, --concurrency, --models, --budget.")
        }
        if window != nil, budget == nil {
            throw ValidationError("--window goes with --budget USD.")
        }
    }

    func run() async throws {
        let target = subject.route(project: .projectLimitsChange, key: .keyLimitsChange)
        let call = try ControlCall(
            target.route, path: target.path, body: change, idempotencyKey: effect.key)
        try await show(call, LimitsBody.self) { limits, text in text.limits(limits) }
    }

    private var change: LimitsChangeBody {
        var change = LimitsChangeBody()
        change.requestsPerMinute = requests?.change ?? .keep
        change.tokensPerMinute = tokens?.change ?? .keep
        change.concurrency = concurrency?.change ?? .keep
        if let models {
            change.models =
                models == "all"
                ? .remove : .set(models.split(separator: ",").map { String($0) })
        }
        switch budget?.change {
        case .set(let amount):
            change.budget = .set(Budget(amount: amount, window: window ?? .month))
        case .remove: change.budget = .remove
        case .keep, nil: change.budget = .keep
        }
        return change
    }
}
