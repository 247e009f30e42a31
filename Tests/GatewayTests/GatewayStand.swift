import Crypto
import Fleet
import Foundation
import Link
import Logging
import Metering
import NIOCore
import Pricing
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Gateway

/// A gateway with its fake control and its fake engine, on sockets of their own.
struct GatewayStand {
    static let secret = "sk-test"
    let server: GatewayServer
    let control: FakeControl
    let engine: FakeEngine
    let directory: String
    let snapshot: GatewaySnapshot
    private let isDrained = Drained()

    private final class Drained: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// Drains the gateway, unless that has been done.
    func drain() async {
        guard !isDrained.value.exchange(true, ordering: .acquiringAndReleasing) else { return }
        await server.drain()
    }

    var journal: String { directory + "/journal" }

    /// Runs `body` with a stand whose control can lend `money`, and drains the gateway afterwards.
    static func run(
        money: Money = .dollars(1), answer: FakeEngine.Script,
        limits: (inout GatewayLimits) -> Void = { _ in },
        snapshot change: (inout GatewaySnapshot) -> Void = { _ in },
        prepare: (_ journal: String) throws -> Void = { _ in },
        _ body: (GatewayStand) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.path
            let engine = try await FakeEngine.start(at: path + "/e", answer)
            var snapshot = snapshot(engine: path + "/e")
            change(&snapshot)
            let control = try await FakeControl.start(
                at: path + "/c", snapshot: snapshot, money: money)
            var configuration = GatewayConfiguration(
                host: "127.0.0.1", port: 0, controlSocket: path + "/c",
                journalDirectory: path + "/journal", loops: 1, drain: .seconds(20))
            // Longer than a busy machine takes to lend: what waits in vain says its own limit.
            configuration.limits.moneyWait = .seconds(20)
            limits(&configuration.limits)
            try prepare(configuration.journalDirectory)
            let server = try await GatewayServer.start(
                configuration, clock: WallClock { .noon },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let stand = GatewayStand(
                server: server, control: control, engine: engine, directory: path,
                snapshot: snapshot)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(stand))
            } catch {
                result = .failure(error)
            }
            await stand.drain()
            await control.stop()
            try await engine.stop()
            try result.get()
        }
    }

    /// Asks for a chat completion and reads until the gateway closes.
    func chat(streaming: Bool, version: String = "1.1", extra: String = "") async throws -> String {
        try await RawClient.exchange(
            Self.chatRequest(
                streaming: streaming, version: version, extra: extra, closes: true),
            port: server.port)
    }

    /// The bytes of a request for a chat completion.
    static func chatRequest(
        streaming: Bool, version: String = "1.1", extra: String = "", closes: Bool = false,
        maximumTokens: Int = 64
    ) -> String {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"hi"}],"#
            + #""max_tokens":\#(maximumTokens),"stream":\#(streaming)\#(extra)}"#
        return "POST /v1/chat/completions HTTP/\(version)\r\nHost: g\r\n"
            + (closes ? "Connection: close\r\n" : "")
            + "Authorization: Bearer \(Self.secret)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The bytes of a GET with the key.
    static func get(_ path: String, method: String = "GET", closes: Bool = false) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(secret)\r\n"
            + (closes ? "Connection: close\r\n\r\n" : "\r\n")
    }

    func client() async throws -> LiveClient { try await LiveClient.connect(port: server.port) }

    /// Open client connections.
    func connections() async throws -> Int {
        var count = 0
        for context in server.parts.contexts {
            count += try await context.eventLoop.submit { context.value.connections.count }.get()
        }
        return count
    }

    /// No request holds money or a place: what control has lent is charged or comes back.
    func expectNothingHeld() async throws {
        try await eventually("no request is on a replica") { control.inFlight <= 0 }
        let scopes = [Scope.organization(OrganizationID(high: 1, low: 1))]
        var round: Int64 = 0
        try await eventually("all money is charged or given back") {
            round += 1
            let recall = round
            try control.tell(.recall(id: recall, scopes: scopes))
            try await eventually("the recall is answered") { control.recalled.contains(recall) }
            let ended = try records().reduce(Money.zero) { sum, record in
                switch record {
                case .settled(let settled): sum + settled.amount
                case .returned(_, let amount, _): sum + amount
                default: sum
                }
            }
            return ended == control.lent
        }
    }

    /// All that is in the journal now.
    func records() throws -> [JournalRecord] {
        // Not every answer waits for its record: one may still be in the gateway's memory.
        let written = server.parts.journal
        let deadline = ContinuousClock.now + .seconds(10)
        written.requestSync()
        while written.synced < written.position, ContinuousClock.now < deadline { usleep(200) }
        var reader = JournalReader(directory: journal, position: 0)
        return try reader.read(limit: 10_000).compactMap(\.record)
    }

    func settled() throws -> [SettledRequest] {
        try records().compactMap { if case .settled(let settled) = $0 { settled } else { nil } }
    }

    private static func snapshot(engine: String) -> GatewaySnapshot {
        let organization = OrganizationID(high: 1, low: 1)
        let project = ProjectID(high: 2, low: 1)
        let digest = SHA256.hash(data: Array(secret.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let price = ModelPrice(
            model: "m", perMillion: [.input: .dollars(1), .output: .dollars(4)], source: "test",
            sourceDate: "2026-11-21")
        return GatewaySnapshot(
            version: 1,
            projects: [ProjectTerms(project: project, organization: organization)],
            keys: [KeyTerms(key: APIKeyID(high: 3, low: 1), project: project, digest: digest)],
            deployments: [
                Deployment(
                    model: "m", engine: .llamaCpp, priceAs: "m", capabilities: [.chat],
                    contextLength: 4096, maximumOutputTokens: 1024, slots: 4,
                    createdAt: Instant(microseconds: 0))
            ],
            priceBooks: [
                PriceBook(version: 1, effective: Instant(microseconds: 0), models: ["m": price])
            ],
            replicas: [
                ReplicaSnapshot(
                    replica: ReplicaID(high: 5, low: 1), model: "m", engine: .llamaCpp,
                    address: .unixSocket(path: engine), pathPrefix: "/v1", state: .ready, slots: 4)
            ])
    }
}
