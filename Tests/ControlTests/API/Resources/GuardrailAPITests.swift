import Foundation
import Guardrails
import Link
import Logging
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// Bedrock's operations on guardrails, with what is on record of them.
@Suite(.timeLimit(.minutes(10)))
struct GuardrailAPITests {
    private struct Desk {
        let path: String
        let store: SQLiteStore
        let service: ControlService
        let identity: CustomerIdentity

        init(_ directory: URL, identity: CustomerIdentity? = nil) async throws {
            path = directory.appendingPathComponent("r.sqlite").path
            store = try SQLiteStore(path: path)
            let generator = Mutex(SeededGenerator(seed: identity == nil ? 5 : 6))
            service = try ControlService(
                records: store, clock: WallClock { .noon },
                random: RandomSource { generator.withLock { $0.next() } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
            if let identity {
                self.identity = identity
                return
            }
            let customer = try await service.createCustomer(
                CustomerCreateBody(name: "Acme"), idempotency: nil)
            let key = try await service.createKey(
                KeyCreateBody(project: customer.project), idempotency: nil)
            self.identity = CustomerIdentity(
                organization: customer.id, project: customer.project, key: key.id)
        }

        func ask(
            _ method: String, _ path: String, query: String = "", body: String = "",
            by identity: CustomerIdentity? = nil
        ) async -> (status: Int, text: String, exception: String?) {
            let identity = identity ?? self.identity
            let answer = await ResourceAPI(desk: service).respond(
                to: APIRequest(
                    method: method, path: path, query: query,
                    headers: [
                        CustomerHeader.organization: "\(identity.organization)",
                        CustomerHeader.project: "\(identity.project)",
                        CustomerHeader.key: "\(identity.key)",
                    ], body: Array(body.utf8)))
            return (
                answer?.status ?? 0, String(decoding: answer?.body ?? [], as: UTF8.self),
                answer?.headers["x-amzn-errortype"]
            )
        }

        func make(_ name: String, more: String = "") async throws -> String {
            let made = await ask("POST", "/guardrails", body: GuardrailAPITests.form(name, more))
            #expect(made.status == 202, "\(made.text)")
            let body = try JSONDecoder().decode(
                GuardrailCreatedBody.self, from: Data(made.text.utf8))
            return body.guardrailId
        }
    }

    private static let words =
        #","wordPolicyConfig":{"wordsConfig":[{"text":"secret"}]}"#

    private static func form(_ name: String, _ more: String = "", words: String = words) -> String {
        #"{"name":"\#(name)","blockedInputMessaging":"No.","blockedOutputsMessaging":"Nor."#
            + #""\#(words)\#(more)}"#
    }

    private func withDesk(_ body: (Desk, URL) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let desk = try await Desk(directory)
            try await body(desk, directory)
            try desk.store.close()
        }
    }

    @Test func `a draft changes, its versions do not, and a restart loses neither`() async throws {
        try await withDesk { desk, directory in
            let id = try await desk.make("one")
            #expect(id.count == 12)
            #expect(await desk.ask("POST", "/guardrails/\(id)").text.contains(#""version":"1""#))
            let changed =
                #","sensitiveInformationPolicyConfig":{"piiEntitiesConfig":["#
                + #"{"type":"EMAIL","action":"ANONYMIZE","inputEnabled":false}]}"#
            let update = await desk.ask(
                "PUT", "/guardrails/\(id)", body: Self.form("one", words: changed))
            #expect(update.status == 202, "\(update.text)")
            let second = await desk.ask(
                "POST", "/guardrails/\(id)", body: #"{"description":"second"}"#)
            #expect(second.text.contains(#""version":"2""#))
            let before = await desk.service.makeSnapshot().guardrails
            #expect(Set(before.map(\.version)) == ["DRAFT", "1", "2"])
            try desk.store.close()

            let again = try await Desk(directory, identity: desk.identity)
            #expect(Set(await again.service.makeSnapshot().guardrails) == Set(before))
            let first = await again.ask("GET", "/guardrails/\(id)", query: "guardrailVersion=1")
            #expect(first.text.contains(#""words":[{"text":"secret"}]"#))
            #expect(first.text.contains(#""status":"READY""#))
            let draft = await again.ask(
                "GET", "/guardrails/arn%3Aaws%3Abedrock%3Ax%3A1%3Aguardrail%2F\(id)")
            #expect(draft.text.contains(#""inputEnabled":false,"type":"EMAIL""#))
            #expect(!draft.text.contains("wordPolicy"))
            let versions = await again.ask(
                "GET", "/guardrails", query: "guardrailIdentifier=\(id)&maxResults=2")
            #expect(versions.text.contains(#""nextToken":"2""#))
            let rest = await again.ask(
                "GET", "/guardrails", query: "guardrailIdentifier=\(id)&nextToken=2")
            #expect(rest.text.contains(#""description":"second""#))
            let one = await again.ask(
                "DELETE", "/guardrails/\(id)", query: "guardrailVersion=2")
            #expect(one.status == 202)
            let third = await again.ask("POST", "/guardrails/\(id)")
            #expect(third.text.contains(#""version":"3""#), "No number is given twice.")
            #expect(await again.ask("DELETE", "/guardrails/\(id)").status == 202)
            #expect(await again.service.makeSnapshot().guardrails.isEmpty)
            #expect(await again.ask("GET", "/guardrails").text.contains(#""guardrails":[]"#))
            let gone = await again.ask("GET", "/guardrails/\(id)")
            #expect(gone.exception == "ResourceNotFoundException")
            try again.store.close()
        }
    }

    @Test func `the same token makes one guardrail`() async throws {
        try await withDesk { desk, _ in
            let token = #","clientRequestToken":"once""#
            let id = try await desk.make("one", more: token)
            #expect(try await desk.make("one", more: token) == id)
            let other = await desk.ask("POST", "/guardrails", body: Self.form("two", token))
            #expect(other.exception == "ConflictException")
            let named = await desk.ask("POST", "/guardrails", body: Self.form("one"))
            #expect(named.exception == "ConflictException")
            #expect(await desk.service.makeSnapshot().guardrails.count == 1)
            for _ in 0..<2 {
                let version = await desk.ask(
                    "POST", "/guardrails/\(id)", body: #"{"clientRequestToken":"two"}"#)
                #expect(version.text.contains(#""version":"1""#))
            }
        }
    }

    @Test func `another project's guardrail is not there`() async throws {
        try await withDesk { desk, _ in
            let id = try await desk.make("one")
            let other = CustomerIdentity(
                organization: desk.identity.organization, project: ProjectID(high: 9, low: 9),
                key: desk.identity.key)
            for (method, path) in [
                ("GET", "/guardrails/\(id)"), ("DELETE", "/guardrails/\(id)"),
                ("POST", "/guardrails/\(id)"),
            ] {
                let answer = await desk.ask(method, path, by: other)
                #expect(answer.exception == "ResourceNotFoundException")
            }
            let list = await desk.ask("GET", "/guardrails", by: other)
            #expect(list.text.contains(#""guardrails":[]"#))
        }
    }

    @Test(arguments: [
        (#","topicPolicyConfig":{"topicsConfig":[]}"#, "topicPolicyConfig"),
        (#","contentPolicyConfig":{"filtersConfig":[]}"#, "contentPolicyConfig"),
        (#","contextualGroundingPolicyConfig":{}"#, "contextualGroundingPolicyConfig"),
        (#","automatedReasoningPolicyConfig":{}"#, "automatedReasoningPolicyConfig"),
        (#","crossRegionConfig":{}"#, "crossRegionConfig"),
        (#","tags":[{"key":"a","value":"b"}]"#, "tags"),
        (
            #","wordPolicyConfig":{"managedWordListsConfig":[{"type":"PROFANITY"}]}"#,
            "managedWordListsConfig"
        ),
        (
            #","sensitiveInformationPolicyConfig":{"piiEntitiesConfig":[{"type":"NAME","#
                + #""action":"BLOCK"}]}"#, "NAME is not offered here. Offered are EMAIL, PHONE"
        ),
        (
            #","sensitiveInformationPolicyConfig":{"regexesConfig":[{"name":"a","#
                + #""pattern":"(?=a)","action":"BLOCK"}]}"#, "only plain groups"
        ),
        (
            #","sensitiveInformationPolicyConfig":{"piiEntitiesConfig":[{"type":"URL","#
                + #""action":"SHOUT"}]}"#, "is BLOCK, ANONYMIZE or NONE"
        ),
        (
            #","wordPolicyConfig":{"wordsConfig":[{"text":"a","inputAction":"ANONYMIZE"}]}"#,
            "inputAction' is BLOCK or NONE"
        ),
        ("", "words, kinds of personal data or patterns"),
    ])
    func `what is not offered is refused by name`(member: String, named: String) async throws {
        try await withDesk { desk, _ in
            let answer = await desk.ask(
                "POST", "/guardrails", body: Self.form("one", words: member))
            #expect(answer.status == 400 && answer.exception == "ValidationException")
            #expect(answer.text.contains(named), "\(answer.text)")
        }
    }

    @Test func `texts are looked at without a model`() async throws {
        try await withDesk { desk, _ in
            let pii =
                #","sensitiveInformationPolicyConfig":{"piiEntitiesConfig":["#
                + #"{"type":"EMAIL","action":"ANONYMIZE"}],"regexesConfig":[{"name":"n","#
                + #""pattern":"\\d{4}","action":"NONE"}]}"#
            let id = try await desk.make("one", more: pii)
            func apply(_ texts: String..., source: String = "INPUT") async -> String {
                let content = texts.map { #"{"text":{"text":"\#($0)"}}"# }
                    .joined(separator: ",")
                return await desk.ask(
                    "POST", "/guardrail/\(id)/version/DRAFT/apply",
                    body: #"{"source":"\#(source)","content":[\#(content)]}"#
                ).text
            }
            let none = await apply("all is well")
            #expect(none.contains(#""action":"NONE""#) && none.contains(#""outputs":[]"#))
            let masked = await apply("to a@b.co", "1234", source: "OUTPUT")
            #expect(masked.contains(#""outputs":[{"text":"to {EMAIL}"},{"text":"1234"}]"#))
            #expect(masked.contains(#""action":"ANONYMIZED""#) && masked.contains(#""regex":""#))
            let blocked = await apply("a Secret")
            #expect(blocked.contains(#""outputs":[{"text":"No."}]"#))
            #expect(blocked.contains(#""action":"GUARDRAIL_INTERVENED""#))
            #expect(blocked.contains(#""wordPolicyUnits":1"#))
            let wrong = await apply("a", source: "BOTH")
            #expect(wrong.contains("INPUT or OUTPUT"))
            let image = await desk.ask(
                "POST", "/guardrail/\(id)/version/DRAFT/apply",
                body: #"{"source":"INPUT","content":[{"image":{"format":"png"}}]}"#)
            #expect(image.status == 400 && image.text.contains("content[0].image"))
        }
    }

    @Test func `a project's guardrails are bounded`() async throws {
        try await withDesk { desk, _ in
            for index in 0..<ControlService.maximumGuardrails {
                _ = try await desk.make("g\(index)")
            }
            let more = await desk.ask("POST", "/guardrails", body: Self.form("more"))
            #expect(more.exception == "ServiceQuotaExceededException")
        }
    }

    /// Gateways hold all of them in memory, and are sent all of them whenever anything changes.
    @Test func `what guardrails take is bounded, for a project and for all`() async throws {
        try await withDesk { desk, directory in
            let text = String(repeating: "long", count: 25)
            let many = (0..<500).map { _ in #"{"text":"\#(text)"}"# }.joined(separator: ",")
            let form = Self.form(
                "large", words: #","wordPolicyConfig":{"wordsConfig":[\#(many)]}"#)
            #expect(await desk.ask("POST", "/guardrails", body: form).status == 202)
            let id = try #require(await desk.service.makeSnapshot().guardrails.first?.guardrail)
            let each = await desk.service.guardrailBytes(of: desk.identity.project)
            #expect(each > 50_000)
            let fitting = ControlService.maximumGuardrailBytes / each
            for _ in 1..<fitting {
                #expect(await desk.ask("POST", "/guardrails/\(id)").status == 202)
            }
            let over = await desk.ask("POST", "/guardrails/\(id)")
            #expect(over.exception == "ServiceQuotaExceededException", "\(over.text)")
            #expect(over.text.contains("512 KiB together"))
            #expect(await desk.service.makeSnapshot().guardrails.count == fitting)
            try desk.store.close()

            // Counted anew when it is opened, and less once something is deleted.
            let again = try await Desk(directory, identity: desk.identity)
            let before = await again.service.guardrailBytes(of: again.identity.project)
            #expect(before > each * (fitting - 1) && before <= ControlService.maximumGuardrailBytes)
            let one = await again.ask("DELETE", "/guardrails/\(id)", query: "guardrailVersion=1")
            #expect(one.status == 202)
            let after = await again.service.guardrailBytes(of: again.identity.project)
            #expect(after < before - 50_000)

            let left = ControlService.maximumGuardrailBytesOfAll - after - each
            await again.service.setGuardrailBytes(left - 100, of: ProjectID(high: 9, low: 9))
            #expect(await again.ask("POST", "/guardrails/\(id)").status == 202)
            let none = await again.ask("POST", "/guardrails", body: Self.form("small"))
            #expect(none.exception == "ServiceQuotaExceededException")
            #expect(none.text.contains("of all projects here have reached 16 MiB"))
            try again.store.close()
        }
    }
}

extension ControlService {
    fileprivate func guardrailBytes(of project: ProjectID) -> Int {
        directory.guardrailBytes[project] ?? 0
    }

    fileprivate func setGuardrailBytes(_ bytes: Int, of project: ProjectID) {
        directory.guardrailBytes[project] = bytes
    }
}
