import Control
import Foundation
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@Suite struct OwnerAPITests {
    private let service = FakeOwnerService()

    private func send(
        _ method: String, _ path: String, query: String = "", body: String = "",
        headers: [String: String] = ["authorization": "Bearer secret"]
    ) async -> APIResponse {
        let api = OwnerAPI(
            service: service, token: OperatorToken("secret"), gatewayURL: "http://127.0.0.1:8080")
        return await api.respond(
            to: APIRequest(
                method: method, path: path, query: query, headers: headers,
                body: Array(body.utf8)))
    }

    private var asked: [String] { service.asked.withLock { $0.what } }

    private func error(_ response: APIResponse) throws -> APIErrorBody.Detail {
        try JSONDecoder().decode(APIErrorBody.self, from: Data(response.body)).error
    }

    private static let customer = "/api/v1/customers/\(FakeOwnerService.organization)"
    private static let project = "/api/v1/projects/\(FakeOwnerService.project)"
    private static let key = "/api/v1/keys/\(FakeOwnerService.key)"
    private static let batch = "/api/v1/batches/\(FakeOwnerService.batch)"

    @Test(
        arguments: [
            ("GET", "/api/v1/status", "", 200, "status"),
            ("GET", "/api/v1/customers", "", 200, "customers"),
            (
                "POST", "/api/v1/customers", #"{"name":"Acme","credit":"5.00"}"#, 201,
                "create Acme 5 -"
            ),
            ("GET", customer, "", 200, "customer \(FakeOwnerService.organization)"),
            ("GET", customer + "/credit", "", 200, "credits \(FakeOwnerService.organization)"),
            (
                "POST", customer + "/credit", #"{"amount":"-1.5","kind":"adjustment"}"#, 201,
                "credit -1.5 -"
            ),
            (
                "PUT", customer + "/credit-limit", #"{"credit_limit":"100"}"#, 200,
                "credit limit 100"
            ),
            ("GET", "/api/v1/projects", "", 200, "projects -"),
            (
                "POST", "/api/v1/projects",
                #"{"customer":"\#(FakeOwnerService.organization)","name":"p"}"#, 201,
                "create project"
            ),
            ("GET", project, "", 200, "project"),
            ("GET", project + "/limits", "", 200, "project limits"),
            ("PATCH", project + "/limits", #"{"concurrency":null}"#, 200, "change project limits"),
            ("GET", "/api/v1/keys", "", 200, "keys"),
            (
                "POST", "/api/v1/keys", #"{"project":"\#(FakeOwnerService.project)"}"#, 201,
                "create key"
            ),
            ("DELETE", key, "", 200, "revoke"),
            ("POST", key + "/sessions", #"{"seconds":60}"#, 201, "create session"),
            ("GET", key + "/limits", "", 200, "key limits"),
            ("PATCH", key + "/limits", #"{"concurrency":3}"#, 200, "change key limits"),
            ("GET", "/api/v1/batches", "", 200, "batches"),
            ("GET", batch, "", 200, "batch"),
            ("POST", batch + "/cancel", "", 200, "stop batch"),
            ("GET", "/api/v1/models", "", 200, "models"),
            ("POST", "/api/v1/models", #"{"name":"m","gguf":"/f","price_as":"t"}"#, 201, "add m"),
            ("DELETE", "/api/v1/models/org%2Fm", "", 200, "remove org/m"),
            ("GET", "/api/v1/prices", "", 200, "prices"),
            ("GET", "/api/v1/prices/current", "", 200, "prices current"),
            ("GET", "/api/v1/prices/3", "", 200, "prices 3"),
            ("POST", "/api/v1/prices/check", #"{"name":"p","text":"version: 1"}"#, 200, "check p"),
            ("POST", "/api/v1/prices", #"{"file":{"name":"p","text":""}}"#, 201, "apply p"),
            ("GET", "/api/v1/usage", "", 200, "usage"),
            ("GET", "/api/v1/usage/events", "", 200, "usage events"),
            ("GET", "/api/v1/invoices", "", 200, "invoices -"),
            ("POST", "/api/v1/invoices", #"{"period":"2026-11"}"#, 201, "issue 2026-11"),
            (
                "POST", "/api/v1/invoices", #"{"period":"2026-11","draft":true}"#, 200,
                "issue 2026-11"
            ),
            ("GET", "/api/v1/invoices/INV-000007", "", 200, "invoice INV-000007"),
            ("GET", "/api/v1/invoices/INV-000007/page", "", 200, "invoice INV-000007"),
            ("GET", "/api/v1/invoices/INV-000007/lines/2", "", 200, "explain INV-000007 2"),
            (
                "POST", "/api/v1/invoices/INV-000007/credit-notes",
                #"{"line":2,"amount":"0.05","reason":"r"}"#, 201, "correct INV-000007 2"
            ),
            ("GET", "/api/v1/credit-notes", "", 200, "credit notes"),
            ("GET", "/api/v1/credit-notes/CRN-000001", "", 200, "credit note CRN-000001"),
            ("GET", "/api/v1/credit-notes/CRN-000001/page", "", 200, "credit note CRN-000001"),
            ("GET", "/api/v1/ledger", "", 200, "ledger - 0 1000"),
            ("GET", "/api/v1/ledger/accounts", "", 200, "accounts"),
        ] as [(String, String, String, Int, String)])
    func `each operation asks the service its question, and without the token none does`(
        method: String, path: String, body: String, status: Int, question: String
    ) async throws {
        let closed = await send(method, path, body: body, headers: [:])
        #expect(closed.status == 401)
        #expect(closed.headers["www-authenticate"] != nil)
        #expect(asked.isEmpty)
        let response = await send(method, path, body: body)
        #expect(response.status == status, "\(String(decoding: response.body, as: UTF8.self))")
        #expect(asked == [question])
        #expect(response.headers["cache-control"] == "no-store")
    }

    @Test func `every route of the table has a handler`() async {
        for route in APIRoute.allCases {
            let parameters = route.template.split(separator: "/").filter { $0.first == "{" }.count
            let path =
                switch parameters {
                case 0: route.path()
                case 1: route.path("1")
                default: route.path("1", "1")
                }
            let response = await send(route.method.rawValue, path, body: "{}")
            #expect(response.status != 405 && response.status < 500, "\(route)")
        }
    }

    @Test(arguments: [
        ["authorization": "Bearer wrong"], ["authorization": "Bearer"], ["authorization": "secret"],
        ["authorization": "Basic secret"], ["authorization": "Bearer secret2"],
        ["authorization": "Bearer secre"], ["authorization": ""],
    ])
    func `no other token opens`(headers: [String: String]) async throws {
        let response = await send("GET", "/api/v1/status", headers: headers)
        #expect(response.status == 401)
        #expect(try error(response).next?.contains("operator_token") == true)
        #expect(!String(decoding: response.body, as: UTF8.self).contains("secre\""))
    }

    @Test(arguments: [
        ("", "", "has no body"), ("{", "", "not JSON"), ("[]", "", ""), ("{}", "name", "missing"),
        (#"{"name":5}"#, "name", "text"), (#"{"name":"a","credit":5}"#, "credit", "text"),
        (#"{"name":"a","credit":"1e3"}"#, "credit", "decimal"),
        (#"{"name":"a","creditt":"5"}"#, "creditt", "no such field"),
        (#"{"name":"a","kind":"friend"}"#, "kind", ""), (#"{"name":null}"#, "name", ""),
    ])
    func `a wrong body is a 400 that names the field`(
        body: String, parameter: String, message: String
    ) async throws {
        let response = await send("POST", "/api/v1/customers", body: body)
        #expect(response.status == 400)
        let detail = try error(response)
        #expect(detail.code == "invalid_request")
        #expect((detail.parameter ?? "") == parameter)
        #expect(message.isEmpty || detail.message.contains(message), "\(detail.message)")
        #expect(asked.isEmpty)
    }

    @Test(arguments: [
        ("/api/v1/usage", "customr=x", "customr"), ("/api/v1/usage", "customer=x", "customer"),
        ("/api/v1/usage", "from=yesterday", "from"), ("/api/v1/usage", "group=hour", "group"),
        ("/api/v1/usage", "group=day&group=key", "group"),
        ("/api/v1/usage/events", "limit=0", "limit"),
        ("/api/v1/usage/events", "limit=1001", "limit"),
        ("/api/v1/ledger", "after=x", "after"), ("/api/v1/invoices", "period=2026-13", "period"),
        ("/api/v1/projects", "customer=prj_1", "customer"),
    ])
    func `a wrong query is a 400 that names the parameter`(
        path: String, query: String, parameter: String
    ) async throws {
        let response = await send("GET", path, query: query)
        #expect(response.status == 400)
        #expect(try error(response).parameter == parameter)
        #expect(asked.isEmpty)
    }

    @Test func `a query is read as it was meant`() async throws {
        let query =
            "customer=\(FakeOwnerService.organization)&model=org%2Fm&from=2026-11-01&to=2026-12-01"
            + "&group=day"
        _ = await send("GET", "/api/v1/usage", query: query)
        let usage = try #require(service.asked.withLock { $0.usage })
        #expect(usage.customer == FakeOwnerService.organization)
        #expect(usage.model == "org/m")
        #expect(usage.from == Instant("2026-11-01"))
        #expect(usage.to == Instant("2026-12-01"))
        #expect(usage.grouping == .day)
    }

    @Test func `null takes a limit away and absence keeps it`() async throws {
        _ = await send("PATCH", Self.project + "/limits", body: #"{"concurrency":null}"#)
        let change = try #require(service.asked.withLock { $0.limits })
        #expect(change.concurrency == .remove)
        #expect(change.budget == .keep)
    }

    @Test func `an idempotency key reaches the service`() async {
        let headers = ["authorization": "Bearer secret", "idempotency-key": "abc-1"]
        _ = await send(
            "POST", Self.customer + "/credit", body: #"{"amount":"1"}"#, headers: headers)
        #expect(asked == ["credit 1 abc-1"])
    }

    @Test(arguments: ["", "a b", "ü", String(repeating: "a", count: 201)])
    func `an idempotency key that cannot be kept is refused`(key: String) async throws {
        let headers = ["authorization": "Bearer secret", "idempotency-key": key]
        let response = await send(
            "POST", Self.customer + "/credit", body: #"{"amount":"1"}"#, headers: headers)
        #expect(response.status == 400)
        #expect(try error(response).parameter == "idempotency-key")
    }

    @Test(arguments: [
        ("GET", "/nothing", 404), ("DELETE", "/api/v1/customers", 405),
        ("GET", "/api/v1/customers/org_1", 404), ("GET", "/api/v1/prices/latest", 404),
        ("GET", "/api/v1/invoices/INV-1/lines/x", 404), ("GET", "/api/v1/customers/%zz", 404),
    ])
    func `what is not there is not found`(method: String, path: String, status: Int) async {
        #expect(await send(method, path).status == status)
        #expect(asked.isEmpty)
    }

    @Test(arguments: Failure.Code.allCases)
    func `the service's failure is answered with its status`(code: Failure.Code) async throws {
        service.asked.withLock { $0.failure = Failure(code, "Because.", parameter: "p") }
        let response = await send("GET", "/api/v1/customers")
        #expect(response.status == code.apiStatus)
        let detail = try error(response)
        #expect(detail.code == code.rawValue)
        #expect(detail.message == "Because.")
        #expect(detail.parameter == "p")
    }

    @Test func `health needs no service, readiness does`() async {
        service.asked.withLock { $0.failure = Failure(.unavailable, "Not yet.") }
        #expect(await send("GET", "/health", headers: [:]).status == 200)
        #expect(await send("GET", "/ready", headers: [:]).status == 503)
        service.asked.withLock { $0.failure = nil }
        #expect(await send("GET", "/ready", headers: [:]).status == 200)
    }

    @Test func `metrics are Prometheus text`() async {
        let response = await send("GET", "/metrics", headers: [:])
        let text = String(decoding: response.body, as: UTF8.self)
        let gateway = GatewayID(high: 1, low: 4)
        #expect(response.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text.contains("spillway_ledger_sequence 42\n"))
        #expect(text.contains("spillway_held_dollars 0.25\n"))
        #expect(text.contains("spillway_journal_lag_bytes{gateway=\"\(gateway)\"} 260\n"))
        #expect(text.contains("spillway_model_ready{model=\"ti\\\"ny\"} 1\n"))
        let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(Set(names).count == names.count)
        #expect(!text.contains("Acme"))
    }
}
