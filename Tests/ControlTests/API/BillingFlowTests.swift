import Commerce
import Control
import Foundation
import Logging
import Metering
import Records
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

/// The owner's way from a customer to a corrected invoice: handlers, service and SQLite together.
@Suite(.timeLimit(.minutes(10))) struct BillingFlowTests {
    /// A control with its records in a directory of its own, and a clock that the test moves.
    private final class Desk: Sendable {
        let store: SQLiteStore
        let api: OwnerAPI
        private let sequence = Mutex<Int64>(0)
        private let gateway = GatewayID(high: 7, low: 1)

        init(_ directory: URL) throws {
            store = try SQLiteStore(path: directory.appending(path: "ledger.sqlite").path)
            let time = Mutexed(Instant.noon)
            clock = time
            let generator = Mutexed(SeededGenerator(seed: 1))
            let service = try ControlService(
                records: store, clock: WallClock { time.value.withLock { $0 } },
                random: RandomSource { generator.value.withLock { $0.next() } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
            api = OwnerAPI(service: service, token: OperatorToken("t"), gatewayURL: "http://g")
            try store.write { [gateway] in
                try $0.insert(GatewayRow(id: gateway, epoch: 1, journalDirectory: "/none"))
            }
        }

        let clock: Mutexed<Instant>

        func move(to instant: Instant) { clock.value.withLock { $0 = instant } }

        func ask<Answer: Decodable>(
            _ method: String, _ path: String, _ body: String = "", query: String = "",
            as type: Answer.Type = Answer.self
        ) async throws -> Answer {
            let response = await send(method, path, body, query: query)
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(response.status < 300, "\(method) \(path): \(text)")
            return try JSONDecoder().decode(Answer.self, from: Data(response.body))
        }

        func send(
            _ method: String, _ path: String, _ body: String = "", query: String = ""
        ) async -> APIResponse {
            await api.respond(
                to: APIRequest(
                    method: method, path: path, query: query,
                    headers: ["authorization": "Bearer t"], body: Array(body.utf8)))
        }

        /// An event as control records it when it applies a journal.
        func use(
            _ customer: CustomerBody, _ counts: TokenCounts, costs amount: String, at: Instant,
            version: Int64 = 1
        ) throws {
            let sequence = sequence.withLock { sequence in
                sequence += 1
                return sequence
            }
            let opened = OpenedRequest(
                request: RequestID(high: 8, low: UInt64(sequence)), organization: customer.id,
                project: customer.project, key: APIKeyID(high: 8, low: 1),
                replica: ReplicaID(high: 8, low: 2), model: "tiny", endpoint: .chatCompletions,
                streaming: false, at: at, priceVersion: version, hold: .zero)
            let event = SettledRequest(
                opened: opened, at: at, outcome: .completed, billed: counts, unbilled: .zero,
                unbilledReason: nil, amount: try #require(Money(amount)))
            try store.write { [gateway] in
                try $0.insert(
                    UsageRow(
                        sequence: sequence, gateway: gateway, journalOffset: sequence,
                        priceAs: "tiny", event: event))
            }
        }
    }

    private final class Mutexed<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    private func desk(_ body: (Desk, CustomerBody) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let desk = try Desk(directory)
            let customer: CustomerBody = try await desk.ask(
                "POST", "/api/v1/customers", #"{"name":"Acme","credit":"10"}"#)
            let _: PriceVersionBody = try await desk.ask(
                "POST", "/api/v1/prices", priceFile(version: 1, input: "1.00"))
            try await body(desk, customer)
        }
    }

    private func priceFile(version: Int, input: String) -> String {
        #"{"unchecked":true,"file":{"name":"p.yaml","text":"version: \#(version)\n"#
            + #"effective: 2026-11-01T00:00:00Z\nmodels:\n  tiny:\n    input: \"\#(input)\"\n"#
            + #"    output: \"4.00\"\n    source: test\n    date: 2026-11-01\n"}}"#
    }

    private let december = Instant("2026-12-01") ?? .noon
    private let january = Instant("2027-01-02") ?? .noon

    @Test func `a month is issued once, and the balance takes the rounding`() async throws {
        try await desk { desk, customer in
            try desk.use(customer, TokenCounts(input: 5_000), costs: "0.005", at: .noon)
            try desk.use(customer, TokenCounts(input: 5, output: 1), costs: "0.000009", at: .noon)
            let early = await desk.send("POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            #expect(early.status == 409)
            let draft: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11","draft":true}"#)
            #expect(draft.map(\.draft) == [true])
            desk.move(to: december)
            let issued: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            let invoice = try #require(issued.first)
            #expect(invoice.number == "INV-000001")
            #expect(invoice.lines.map(\.amount) == [.cents(1), .zero])
            #expect(invoice.total == .cents(1))
            #expect(invoice.exactTotal == Money("0.005009"))
            let after: CustomerBody = try await desk.ask("GET", "/api/v1/customers/\(customer.id)")
            #expect(after.available == (Money("10") ?? .zero) - invoice.rounding)
            let again: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            #expect(again == issued)
            let listed: [Invoice] = try await desk.ask("GET", "/api/v1/invoices")
            #expect(listed == issued)
        }
    }

    @Test func `late usage is on the next invoice, and every event on one`() async throws {
        try await desk { desk, customer in
            try desk.use(customer, TokenCounts(input: 1_000_000), costs: "1", at: .noon)
            desk.move(to: december)
            let first: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            try desk.use(customer, TokenCounts(input: 2_000_000), costs: "2", at: .noon)
            try desk.use(
                customer, TokenCounts(input: 3_000_000), costs: "3",
                at: december + .seconds(86_400))
            desk.move(to: january)
            let second: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-12"}"#)
            #expect(first.first?.total == .dollars(1))
            #expect(second.first?.number == "INV-000002")
            #expect(second.first?.lines.map { "\($0.servicePeriod)" } == ["2026-11", "2026-12"])
            #expect(second.first?.lines.map(\.amount) == [.dollars(2), .dollars(3)])
            for (reference, line, amount) in [
                ("INV-000001", 1, "1"), ("INV-000002", 1, "2"), ("INV-000002", 2, "3"),
            ] {
                let events: [UsageEventBody] = try await desk.ask(
                    "GET", "/api/v1/invoices/\(reference)/lines/\(line)")
                #expect(events.map(\.amount) == [Money(amount)])
            }
            let stale: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            #expect(stale == first)
        }
    }

    @Test func `a correction gives money back, and the invoice stays`() async throws {
        try await desk { desk, customer in
            try desk.use(customer, TokenCounts(input: 1_000_000), costs: "1", at: .noon)
            desk.move(to: december)
            let issued: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            let note: CreditNote = try await desk.ask(
                "POST", "/api/v1/invoices/INV-000001/credit-notes",
                #"{"line":1,"quantity":250000,"reason":"measured twice"}"#)
            #expect(note.amount == .cents(25))
            #expect("\(note.servicePeriod)" == "2026-11")
            let too = await desk.send(
                "POST", "/api/v1/invoices/INV-000001/credit-notes",
                #"{"line":1,"amount":"0.76","reason":"too much"}"#)
            #expect(too.status == 400)
            let customerAfter: CustomerBody = try await desk.ask(
                "GET", "/api/v1/customers/\(customer.id)")
            #expect(customerAfter.available == Money("10.25"))
            let kept: Invoice = try await desk.ask("GET", "/api/v1/invoices/INV-000001")
            #expect([kept] == issued)
            let page = await desk.send("GET", "/api/v1/credit-notes/CRN-000001/page")
            #expect(String(decoding: page.body, as: UTF8.self).contains("measured twice"))
        }
    }

    @Test func `a change of price is two lines, and the check says who pays more`() async throws {
        try await desk { desk, customer in
            try desk.use(customer, TokenCounts(input: 1_000_000), costs: "1", at: .noon)
            desk.move(to: .noon + .seconds(3600))
            let text = priceFile(version: 2, input: "3.00")
            let fileStart = try #require(text.range(of: #""file":"#)).upperBound
            let check: PriceCheckBody = try await desk.ask(
                "POST", "/api/v1/prices/check", String(text[fileStart...].dropLast()))
            #expect(check.currentVersion == 1)
            #expect(check.customers.map(\.name) == ["Acme"])
            #expect(check.customers.first?.difference == .dollars(2))
            #expect(check.total.requests == 1)
            let unconfirmed = text.replacing(#""unchecked":true,"#, with: "")
            #expect(await desk.send("POST", "/api/v1/prices", unconfirmed).status == 409)
            let confirmed = text.replacing(
                #""unchecked":true"#, with: #""confirmation":"\#(check.confirmation)""#)
            let applied: PriceVersionBody = try await desk.ask("POST", "/api/v1/prices", confirmed)
            #expect(applied.version == 2)
            #expect(await desk.send("POST", "/api/v1/prices", confirmed).status == 400)
            try desk.use(customer, TokenCounts(input: 1_000_000), costs: "3", at: .noon, version: 2)
            desk.move(to: december)
            let issued: [Invoice] = try await desk.ask(
                "POST", "/api/v1/invoices", #"{"period":"2026-11"}"#)
            #expect(issued.first?.lines.map(\.product.priceText) == ["v1", "v2"])
            #expect(issued.first?.lines.map(\.amount) == [.dollars(1), .dollars(3)])
        }
    }
}
