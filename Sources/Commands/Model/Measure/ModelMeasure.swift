import ArgumentParser
import Vocabulary
import Wire

struct ModelMeasure: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Measure how many tokens one replica gets through, and record it.",
        discussion: """
            Sends requests through the gateway, as many at a time as the model has slots, with the
            key of an internal team 'measurements' that is made for it: what it makes is metered and
            stands in that team's usage, never in a customer's. The model has no place for anybody
            else meanwhile: it refuses while requests are under way, and stops without recording
            anything when a customer's comes, unless '--force' is given; then customers wait longer,
            and what they get is missing in the result.

            Prompts of random words, so that no cache helps. The shares of input and output decide
            what a million tokens cost together: take those of your customers.

            Examples:
              spillway model measure big --data /var/lib/spillway
              spillway model measure big --seconds 60 --prompt-tokens 2000 --answer-tokens 300
            """)

    @Argument(help: "The model's name.")
    var name: String

    @Option(help: ArgumentHelp("How long, once every slot is busy.", valueName: "number"))
    var seconds: Int64 = 20

    @Option(help: ArgumentHelp("About how long each prompt is.", valueName: "number"))
    var promptTokens = 256

    @Option(help: ArgumentHelp("How long each answer may be.", valueName: "number"))
    var answerTokens = 64

    @Option(
        help: ArgumentHelp(
            "Where customers send requests; else what ready.json or SPILLWAY_URL says.",
            valueName: "url"))
    var gateway: String?

    @Flag(help: "Also while customers' requests are under way.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...3600).contains(seconds) else {
            throw ValidationError("--seconds is from 1 to 3600.")
        }
        guard (1...1_000_000).contains(promptTokens), (1...1_000_000).contains(answerTokens) else {
            throw ValidationError("--prompt-tokens and --answer-tokens are from 1 to 1000000.")
        }
    }

    func run() async throws {
        let url = try findGateway()
        let model = try await findModel()
        try await requireQuiet(
            "They would wait for the measurement, and it for them. Try again when it is quiet")
        let team = try await MeasuringTeam.find(self)
        let key: KeyCreatedBody = try await ask(
            ControlCall(
                .keyCreate, body: KeyCreateBody(project: team.project, name: "model measure"),
                idempotencyKey: MeasuringTeam.newKey(environment)))
        let measured: MeasuredLoad
        do {
            measured = try await measure(
                model, ControlAddress(url: url, token: key.key), team, since: key.createdAt)
            try await requireQuiet(
                "They came while the model was measured; nothing is recorded. Try again when it is "
                    + "quiet")
        } catch {
            _ = try? await send(MeasuringTeam.revocation(of: key))
            throw error
        }
        _ = try await send(MeasuringTeam.revocation(of: key))
        let call = try ControlCall(
            .throughputChange, path: APIRoute.throughputChange.path(name),
            body: ThroughputBody(
                inputTokensPerSecond: AcceleratorCount(
                    Accelerators(thousandths: measured.inputThousandths)),
                outputTokensPerSecond: AcceleratorCount(
                    Accelerators(thousandths: measured.outputThousandths)),
                measured: true))
        try await show(call, ModelFloorBody.self) { floor, text in text.floor(floor) }
    }

    private func findGateway() throws -> String {
        if let gateway { return gateway }
        let data =
            connection.data
            ?? (environment.variables["SPILLWAY_CONTROL"] == nil
                ? ControlAddress.usualData(in: environment) : nil)
        if let data, let url = try ControlAddress.ready(data, environment).gateway { return url }
        if let url = environment.variables["SPILLWAY_URL"], !url.isEmpty { return url }
        throw Failure(
            .invalidRequest,
            "Say where customers send their requests: '--gateway http://host:port', or the "
                + "environment variable SPILLWAY_URL.", parameter: "--gateway")
    }

    private func findModel() async throws -> ModelBody {
        let models: [ModelBody] = try await ask(ControlCall(.modelList))
        guard let model = models.first(where: { $0.name == name }) else {
            throw Failure(
                .notFound, "No model '\(name)' is served; 'spillway model list' shows all.")
        }
        guard model.file != nil else {
            throw Failure(
                .invalidRequest,
                "'\(name)' runs at somebody else's server: what it costs there is that server's "
                    + "price, not its speed. Only models that run here are measured.")
        }
        guard model.state == .ready else {
            throw Failure(
                .unavailable,
                "'\(name)' is not ready: \(model.problem ?? model.state.words). 'spillway model "
                    + "list' says when it is.")
        }
        guard Int64(promptTokens) + Int64(answerTokens) <= model.contextLength,
            Int64(answerTokens) <= model.maximumOutputTokens
        else {
            throw Failure(
                .invalidRequest,
                "'\(name)' takes \(model.contextLength) tokens together and answers with at most "
                    + "\(model.maximumOutputTokens). Give less with --prompt-tokens and "
                    + "--answer-tokens.", parameter: "--prompt-tokens")
        }
        return model
    }

    /// - Throws: `conflict` while requests are under way, unless it is forced.
    private func requireQuiet(_ advice: String) async throws {
        guard !force else { return }
        var left = 0
        // Gateways tell of changes a moment later.
        for _ in 0..<20 {
            let status: StatusBody = try await ask(ControlCall(.status))
            left = status.gateways.reduce(0) { $0 + $1.requestsUnderWay }
            if left == 0 { return }
            try await environment.rental.pause(.milliseconds(100))
        }
        throw Failure(
            .conflict,
            "\(left) requests of customers are under way. \(advice), or measure all the same "
                + "with '--force'.", parameter: "--force")
    }

    private func measure(
        _ model: ModelBody, _ gateway: ControlAddress, _ team: CustomerBody, since start: Instant
    ) async throws -> MeasuredLoad {
        guard let endpoint = LoadPrompt.Endpoint(capabilities: model.capabilities) else {
            throw Failure(.invalidRequest, "'\(name)' neither completes, chats nor embeds.")
        }
        let replicas = max(1, model.replicas)
        let width = model.slots * replicas
        let prompt = try await fitted(
            LoadPrompt(model: name, endpoint: endpoint, words: 32, answer: 1), gateway)
        tell("keeping \(width) requests of \(name) under way for \(seconds) s")
        let (asker, total, forced) = (try asker(), seconds, force)
        let environment = self.environment
        let load = EngineLoad(
            environment: environment, gateway: gateway, prompt: prompt, width: width)
        let name = self.name
        return try await load.run(for: .seconds(seconds), replicas: replicas) { passed, answered in
            environment.errorOutput("\(min(passed, total)) of \(total) s: \(answered) answers")
            guard !forced else { return }
            try await MeasuringTeam.requireAlone(on: name, team, since: start, asker)
        }
    }

    /// A prompt of about as many tokens as are wanted: how many a word has is the model's matter.
    private func fitted(_ prompt: LoadPrompt, _ gateway: ControlAddress) async throws -> LoadPrompt
    {
        let load = EngineLoad(
            environment: environment, gateway: gateway, prompt: prompt, width: 1)
        let usage = try await MeasuringTeam.patiently(environment) { try await load.probe() }
        var fitted = prompt
        fitted.answer = answerTokens
        fitted.words = max(1, prompt.words * promptTokens / max(1, Int(usage.prompt)))
        return fitted
    }

    private func tell(_ text: String) { environment.errorOutput(text) }
}
