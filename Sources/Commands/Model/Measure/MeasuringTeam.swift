import Vocabulary
import Wire

/// The internal team in whose name models are measured.
enum MeasuringTeam {
    private static let name = "measurements"
    /// It may owe so much more than it does when a measurement begins.
    private static let room = Money.dollars(1000)
    /// A new key reaches the gateways with their next snapshot.
    private static let patience = 100

    static func find(_ command: some OwnerCommand) async throws -> CustomerBody {
        let customers: [CustomerBody] = try await command.ask(ControlCall(.customerList))
        var team: CustomerBody
        if let found = customers.first(where: { $0.kind == .internal && $0.name == name }) {
            team = found
        } else {
            team = try await command.ask(
                ControlCall(
                    .customerCreate, body: CustomerCreateBody(name: name, kind: .internal),
                    idempotencyKey: "model-measure-team"))
        }
        guard team.available < room else { return team }
        return try await command.ask(
            ControlCall(
                .creditLimit, path: APIRoute.creditLimit.path("\(team.id)"),
                body: CreditLimitBody(creditLimit: team.creditLimit + room - team.available),
                idempotencyKey: newKey(command.environment)))
    }

    static func newKey(_ environment: CommandEnvironment) -> String {
        "measure-" + String(environment.random.next(), radix: 36)
            + String(environment.random.next(), radix: 36)
    }

    static func revocation(of key: KeyCreatedBody) -> ControlCall {
        ControlCall(.keyRevoke, path: APIRoute.keyRevoke.path("\(key.id)"))
    }

    /// - Throws: `conflict` where somebody else has used a model since.
    static func requireAlone(
        on model: String, _ team: CustomerBody, since start: Instant, _ asker: Asker
    ) async throws {
        let rows: [UsageRowBody] = try await asker.ask(
            ControlCall(
                .usage,
                query: ["model": model, "from": start, "group": UsageGrouping.project.rawValue]))
        let others = rows.filter { $0.project != team.project }.reduce(0) { $0 + $1.requests }
        guard others > 0 else { return }
        throw Failure(
            .conflict,
            "\(others) requests of customers came while the model was measured; nothing is "
                + "recorded. Try again when it is quiet, or measure all the same with '--force'.",
            parameter: "--force")
    }

    /// Asks again while the gateway does not know the key or has no money for it yet.
    static func patiently(
        _ environment: CommandEnvironment,
        _ body: () async throws -> LoadPrompt.Usage
    ) async throws -> LoadPrompt.Usage {
        for _ in 0..<patience {
            do {
                return try await body()
            } catch let failure as Failure where failure.code == .unavailable {
                try await environment.rental.pause(.milliseconds(200))
            }
        }
        return try await body()
    }
}
