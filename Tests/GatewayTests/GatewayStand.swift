import Crypto
import Fleet
import Foundation
import Link
import Logging
import Metering
import Pricing
import TestKit
import Vocabulary

@testable import Gateway

/// A gateway with its fake control and its fake engine, on sockets of their own.
struct GatewayStand {
    static let secret = "sk-test"
    let server: GatewayServer
    let control: FakeControl
    let engine: FakeEngine
    let journal: String

    /// Runs `body` with a stand whose control can lend `money`, and drains the gateway afterwards.
    static func run(
        money: Money = .dollars(1), answer: FakeEngine.Script,
        _ body: (GatewayStand) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.path
            let engine = try await FakeEngine.start(at: path + "/e", answer)
            let control = try await FakeControl.start(
                at: path + "/c", snapshot: snapshot(engine: path + "/e"), money: money)
            var configuration = GatewayConfiguration(
                host: "127.0.0.1", port: 0, controlSocket: path + "/c",
                journalDirectory: path + "/journal", loops: 1, drain: .seconds(5))
            configuration.limits.moneyWait = .milliseconds(300)
            let server = try await GatewayServer.start(
                configuration, clock: WallClock { .noon },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let stand = GatewayStand(
                server: server, control: control, engine: engine, journal: path + "/journal")
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(stand))
            } catch {
                result = .failure(error)
            }
            await server.drain()
            await control.stop()
            try await engine.stop()
            try result.get()
        }
    }

    /// Asks for a chat completion and reads until the gateway closes.
    func chat(streaming: Bool, version: String = "1.1", extra: String = "") async throws -> String {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":64,"#
            + #""stream":\#(streaming)\#(extra)}"#
        return try await RawClient.exchange(
            "POST /v1/chat/completions HTTP/\(version)\r\nHost: g\r\nConnection: close\r\n"
                + "Authorization: Bearer \(Self.secret)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", port: server.port)
    }

    /// All that is in the journal now.
    func records() throws -> [JournalRecord] {
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
