import CapacityPath
import Control
import Fleet
import Foundation
import Synchronization
import Testing
import Vocabulary
import Wire

/// The operations of compute rental, for the owner and for customers.
@Suite struct ComputeAPITests {
    private let desk = FakeCapacityDesk()

    private func owner(
        _ method: String, _ path: String, query: String = "", body: String = "",
        headers: [String: String] = [:]
    ) async -> APIResponse {
        let api = OwnerAPI(
            service: FakeOwnerService(),
            compute: ComputeAPI(desk: desk, pause: .milliseconds(1)),
            token: OperatorToken("secret"), gatewayURL: "http://g")
        return await api.respond(
            to: APIRequest(
                method: method, path: path, query: query,
                headers: headers.merging(["authorization": "Bearer secret"]) { own, _ in own },
                body: Array(body.utf8)))
    }

    private func customer(
        _ method: String, _ path: String, query: String = "", body: String = "",
        project: ProjectID? = FakeCapacityDesk.project, headers: [String: String] = [:]
    ) async -> APIResponse {
        var headers = headers
        if let project {
            headers[CustomerHeader.organization] = "\(FakeCapacityDesk.organization)"
            headers[CustomerHeader.project] = "\(project)"
            headers[CustomerHeader.key] = "\(FakeCapacityDesk.key)"
        }
        let api = CustomerAPI(
            compute: ComputeAPI(desk: desk, pause: .milliseconds(1)),
            resources: ResourceAPI(desk: FakeResourceDesk()))
        return await api.respond(
            to: APIRequest(
                method: method, path: path, query: query, headers: headers, body: Array(body.utf8)))
    }

    private func error(_ response: APIResponse) throws -> APIErrorBody.Detail {
        try JSONDecoder().decode(APIErrorBody.self, from: Data(response.body)).error
    }

    private static let least =
        #"{"pool":"local","accelerators":"0.25","command":["/usr/bin/env","python3"]}"#

    @Test func `a customer's job is placed for its key's project, with what it left out`()
        async throws
    {
        let response = await customer("POST", "/v1/jobs", body: Self.least)
        #expect(response.status == 201)
        let request = try #require(desk.state.withLock { $0.placed.first })
        #expect(request.project == FakeCapacityDesk.project)
        #expect(request.purchaseClass == .onDemand)
        #expect(request.shape == GangShape(nodes: 1, acceleratorsPerNode: Accelerators("0.25")!))
        guard case .job(let job) = request.content else { throw Failure(.internalError, "no job") }
        #expect(job.work.name == "env")
        #expect(job.maximumRunTime == 86_400)
        let order = try JSONDecoder().decode(OrderBody.self, from: Data(response.body))
        #expect(order.id == .job(FakeCapacityDesk.job))
        #expect(order.accelerators.description == "0.25")
    }

    @Test func `the owner has to name who pays, a customer cannot name another`() async throws {
        let unnamed = await owner("POST", "/v1/jobs", body: Self.least)
        #expect(unnamed.status == 400)
        #expect(try error(unnamed).parameter == "project")
        let foreign = Self.least.dropLast() + #","project":"\#(FakeCapacityDesk.stranger)"}"#
        #expect(await customer("POST", "/v1/jobs", body: String(foreign)).status == 404)
        #expect(desk.state.withLock { $0.placed.isEmpty })
        let named = Self.least.dropLast() + #","project":"\#(FakeCapacityDesk.project)"}"#
        let placed = await owner(
            "POST", "/v1/jobs", body: String(named), headers: ["idempotency-key": "k1"])
        #expect(placed.status == 201)
        #expect(desk.asked == ["place k1"])
    }

    @Test func `a customer's idempotency keys are its project's own`() async throws {
        let key = ["idempotency-key": "1"]
        #expect(await customer("POST", "/v1/jobs", body: Self.least, headers: key).status == 201)
        #expect(desk.asked == ["place \(FakeCapacityDesk.project)/1"])
    }

    @Test(arguments: [
        (#"{"pool":"local","accelerators":"1.5","command":["x"]}"#, "accelerators"),
        (#"{"pool":"local","accelerators":"0","command":["x"]}"#, "accelerators"),
        (#"{"pool":"local","accelerators":1,"command":[]}"#, "command"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"nodes":0}"#, "nodes"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"nods":2}"#, "nods"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"class":"reserved"}"#, "class"),
        (
            #"{"pool":"local","accelerators":1,"command":["x"],"environment":{"SPILLWAY_X":"1"}}"#,
            "environment"
        ),
        (#"{"pool":"local","accelerators":1,"command":["x"],"files":{"../x":""}}"#, "files"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"files":{"/x":""}}"#, "files"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"files":{"x":"*"}}"#, "files"),
        (#"{"pool":"local","accelerators":1,"command":["x"],"files":{"a":"","a/b":""}}"#, "files"),
        (
            #"{"pool":"local","accelerators":1,"command":["x"],"files":{".spillway/n":""}}"#,
            "files"
        ),
        (
            #"{"pool":"local","accelerators":1,"command":["x"],"volumes":"#
                + #"[{"volume":"\#(FakeCapacityDesk.volume)","path":"/volumes/../etc"}]}"#,
            "volumes[0].path"
        ),
        (#"{"pool":"local","accelerators":1,"command":["x"],"max_seconds":0}"#, "max_seconds"),
        (#"{"accelerators":1,"command":["x"]}"#, "pool"),
    ])
    func `an order of the wrong form is refused by its field`(
        body: String, parameter: String
    ) async throws {
        let response = await customer("POST", "/v1/jobs", body: body)
        #expect(response.status == 400)
        #expect(try error(response).parameter == parameter)
        #expect(desk.state.withLock { $0.placed.isEmpty })
    }

    @Test func `what belongs to another project is not there`() async {
        _ = await customer("POST", "/v1/jobs", body: Self.least)
        let path = "/v1/jobs/\(FakeCapacityDesk.job)"
        for (method, path) in [
            ("GET", path), ("GET", path + "/log"), ("POST", path + "/cancel"),
        ] {
            #expect(await customer(method, path).status == 200)
            let foreign = await customer(method, path, project: FakeCapacityDesk.stranger)
            #expect(foreign.status == 404)
        }
        let list = await customer(
            "GET", "/v1/jobs", query: "project=\(FakeCapacityDesk.stranger)")
        #expect(list.status == 404)
    }

    @Test func `the owner's operations are not there for customers`() async {
        for route in APIRoute.allCases where route.audience != .customer && route != .openAPI {
            let path = route.template.replacing("{", with: "").replacing("}", with: "")
            #expect(await customer(route.method.rawValue, path).status == 404, "\(route)")
        }
        #expect(await customer("GET", "/v1/pools", project: nil).status == 401)
    }

    @Test func `customers do not see where capacity comes from`() async throws {
        let seen = try JSONDecoder().decode(
            [PoolBody].self, from: Data(await customer("GET", "/v1/pools").body))
        #expect(seen.map(\.supplier) == [nil])
        #expect(seen.map(\.cluster) == [nil])
        let owned = try JSONDecoder().decode(
            PoolBody.self, from: Data(await owner("GET", "/v1/pools/local").body))
        #expect(owned.supplier?.text == "own")
        #expect(await owner("GET", "/v1/pools/other").status == 404)
    }

    @Test func `a quote carries the terms in words`() async throws {
        let response = await customer(
            "POST", "/v1/quotes", body: #"{"pool":"local","accelerators":1,"nodes":4}"#)
        #expect(response.status == 200)
        let quote = try JSONDecoder().decode(QuoteBody.self, from: Data(response.body))
        #expect(quote.accelerators.description == "4")
        #expect(quote.terms.words.count >= 3)
        let window = await customer(
            "POST", "/v1/quotes",
            body: #"{"kind":"reservation","pool":"local","accelerators":1}"#)
        #expect(try error(window).parameter == "from")
    }

    @Test func `a log is given by offset, waits for news and is followed to its end`() async throws
    {
        desk.state.withLock { $0.log = Array("one\ntwo\n".utf8) }
        let path = "/v1/jobs/\(FakeCapacityDesk.job)/log"
        let part = await customer("GET", path, query: "offset=4")
        #expect(String(decoding: part.body, as: UTF8.self) == "two\n")
        #expect(part.headers["x-next-offset"] == "8")
        #expect(part.headers["x-log-complete"] == "false")
        async let waiting = customer("GET", path, query: "offset=8&wait=20")
        let followed = await customer("GET", path, query: "follow=true")
        desk.state.withLock { state in
            state.log += Array("three\n".utf8)
            state.logIsComplete = true
        }
        #expect(String(decoding: await waiting.body, as: UTF8.self) == "three\n")
        var bytes = followed.body
        let stream = try #require(followed.stream)
        while let more = try await stream.next() { bytes += more }
        #expect(String(decoding: bytes, as: UTF8.self) == "one\ntwo\nthree\n")
        #expect(await customer("GET", path, query: "wait=31").status == 400)
    }

    @Test(arguments: ["", "path=..%2Fetc", "path=%2Fetc%2Fpasswd", "path=a%2F%2Fb", "path=a%00"])
    func `a file outside of /workspace is refused`(query: String) async {
        let path = "/v1/jobs/\(FakeCapacityDesk.job)/files"
        #expect(await customer("GET", path, query: query).status == 400)
    }

    @Test func `a file is its bytes`() async {
        let path = "/v1/jobs/\(FakeCapacityDesk.job)/files"
        let file = await customer("GET", path, query: "path=out%2Fa&index=2")
        #expect(String(decoding: file.body, as: UTF8.self) == "out/a of 2")
        #expect(file.contentType == "application/octet-stream")
    }

    @Test func `node commands carry their reason, volumes their payer`() async {
        let drain = await owner(
            "POST", "/v1/nodes/n1/commands", body: #"{"command":"drain","reason":"fan"}"#)
        #expect(drain.status == 404)
        let unreasoned = await owner(
            "POST", "/v1/nodes/n1/commands", body: #"{"command":"drain","reason":""}"#)
        #expect(unreasoned.status == 400)
        let volume = await customer(
            "POST", "/v1/volumes", body: #"{"pool":"local","quota_mib":1024}"#)
        #expect(volume.status == 201)
        #expect(
            desk.asked == ["drain n1 fan", "create volume 1024 \(FakeCapacityDesk.project)"])
    }
}
