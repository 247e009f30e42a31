import Foundation
import TestKit
import Testing
import Vocabulary
import Wire

@Suite struct APIBodyTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func decode<Body: APIRequestBody>(_ text: String, as type: Body.Type) throws -> Body {
        try JSONDecoder().decode(Strict<Body>.self, from: Data(text.utf8)).body
    }

    private let organization = OrganizationID(high: 1, low: 2)
    private let project = ProjectID(high: 3, low: 4)

    @Test func `a customer's fields are those of the contract`() throws {
        let customer = CustomerBody(
            id: organization, name: "Acme", kind: .customer, project: project, createdAt: .noon,
            granted: .dollars(25), creditLimit: .zero, available: Money.cents(2450),
            held: Money.cents(25), charged: Money.cents(25))
        #expect(
            try json(customer)
                == #"{"available":"24.5","charged":"0.25","created_at":"2026-11-21T12:00:00.000Z","#
                + #""credit_limit":"0","granted":"25","held":"0.25","#
                + #""id":"org_0000000000000g000000000002","kind":"customer","name":"Acme","#
                + #""project":"prj_0000000000001g000000000004"}"#)
    }

    @Test func `a usage row carries every token class as a field of its own`() throws {
        let row = UsageRowBody(
            customer: organization, model: "tiny", requests: 2,
            billed: TokenCounts(input: 5, cacheRead: 3, output: 7), unbilledTokens: 1,
            amount: .cents(1))
        let text = try json(row)
        #expect(
            text == #"{"amount":"0.01","cache_read_tokens":3,"cache_write_tokens":0,"#
                + #""customer":"org_0000000000000g000000000002","embedding_tokens":0,"#
                + #""input_tokens":5,"model":"tiny","output_tokens":7,"reasoning_tokens":0,"#
                + #""requests":2,"unbilled_tokens":1}"#)
        let back = try JSONDecoder().decode(UsageRowBody.self, from: Data(text.utf8))
        #expect(back == row)
    }

    @Test func `a misspelt field is refused`() {
        #expect(throws: DecodingError.self) {
            try decode(#"{"name":"Acme","creditt":"5"}"#, as: CustomerCreateBody.self)
        }
    }

    @Test(arguments: [#"{"name":"a","credit":5}"#, #"{"name":"a","credit":"5e3"}"#])
    func `money that is not decimal text is refused`(text: String) {
        #expect(throws: DecodingError.self) { try decode(text, as: CustomerCreateBody.self) }
    }

    @Test func `absent keeps a limit, null removes it`() throws {
        let change = try decode(
            #"{"concurrency":4,"tokens_per_minute":null}"#, as: LimitsChangeBody.self)
        #expect(change.concurrency == .set(4))
        #expect(change.tokensPerMinute == .remove)
        #expect(change.requestsPerMinute == .keep)
        let after = change.applied(
            to: LimitsBody(requestsPerMinute: 60, tokensPerMinute: 1000, models: ["a"]))
        #expect(after == LimitsBody(requestsPerMinute: 60, concurrency: 4, models: ["a"]))
        #expect(try json(change) == #"{"concurrency":4,"tokens_per_minute":null}"#)
    }

    @Test(arguments: Failure.Code.allCases)
    func `every code has a status and comes back as itself`(code: Failure.Code) throws {
        #expect((400...599).contains(code.apiStatus))
        let body = APIErrorBody(Failure(code, "Because.", parameter: "field"))
        #expect(body.failure.code == code)
        #expect(body.failure.parameter == "field")
    }

    @Test func `an unknown code from a later version is an internal error`() {
        let body = APIErrorBody(error: APIErrorBody.Detail(code: "new", message: "What?"))
        #expect(body.failure.code == .internalError)
    }
}
