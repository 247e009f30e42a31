import Crypto
import Foundation
import Link
import Logging
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

struct AccessSecretTests {
    @Test func eachKeyHasItsOwnSecretAndKeepsIt() {
        let (first, second) = (APIKeyID(high: 1, low: 1), APIKeyID(high: 1, low: 2))
        let secret = AccessSecret("sw-access_1").secret(of: first)
        #expect(secret.utf8.count == 64)
        #expect(secret == AccessSecret("sw-access_1").secret(of: first))
        #expect(secret != AccessSecret("sw-access_1").secret(of: second))
        #expect(secret != AccessSecret("sw-access_2").secret(of: first))
    }

    @Test func temporaryCredentialsAreKnownByWhatGatewaysAreTold() async throws {
        try await withTemporaryDirectory { directory in
            let generator = Mutex(SeededGenerator(seed: 5))
            let service = try ControlService(
                records: try SQLiteStore(path: directory.appendingPathComponent("r").path),
                clock: WallClock { .noon },
                random: RandomSource { generator.withLock { $0.next() } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test",
                signing: AccessSecret("sw-access_1"))
            let customer = try await service.createCustomer(
                CustomerCreateBody(name: "Acme"), idempotency: nil)
            let key = try await service.createKey(
                KeyCreateBody(project: customer.project), idempotency: nil)
            let before = await service.makeSnapshot()
            let made = try await service.createSession(of: key.id, SessionCreateBody(seconds: 60))
            #expect(made.expiresAt == .noon + .seconds(60))
            let again = try await service.createSession(of: key.id, SessionCreateBody())
            #expect(again.expiresAt == .noon + .seconds(43_200))
            #expect(again.awsAccessKeyID != made.awsAccessKeyID)
            let told = SymmetricKey(data: Data(try #require(before.sessionSecret).utf8))
            let found = try #require(
                SessionCredentials(token: made.awsSessionToken) { text in
                    Array(HMAC<SHA256>.authenticationCode(for: Data(text), using: told))
                })
            #expect(found.key == key.id)
            #expect(found.accessKey == made.awsAccessKeyID)
            #expect(found.secret == made.awsSecretAccessKey)
            // Nothing of them is kept.
            #expect(await service.makeSnapshot().version == before.version)
            for seconds: Int64 in [0, -1, 129_601] {
                await #expect(throws: Failure.self) {
                    try await service.createSession(of: key.id, SessionCreateBody(seconds: seconds))
                }
            }
            _ = try await service.revokeKey(key.id)
            await #expect(throws: Failure.self) {
                try await service.createSession(of: key.id, SessionCreateBody())
            }
        }
    }
}
