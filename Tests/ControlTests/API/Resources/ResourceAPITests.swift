import Control
import Fleet
import Foundation
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

/// Vendors' operations on what customers keep with us, behind the customers' port.
@Suite struct ResourceAPITests {
    private let desk = FakeResourceDesk()

    private func ask(
        _ method: String, _ path: String, query: String = "", body: String = "",
        isRecognised: Bool = true
    ) async -> APIResponse {
        var headers = ["x-request-id": "req_1"]
        if isRecognised {
            headers[CustomerHeader.organization] = "\(FakeCapacityDesk.organization)"
            headers[CustomerHeader.project] = "\(FakeCapacityDesk.project)"
            headers[CustomerHeader.key] = "\(FakeCapacityDesk.key)"
        }
        let api = CustomerAPI(
            compute: ComputeAPI(desk: FakeCapacityDesk()), resources: ResourceAPI(desk: desk))
        return await api.respond(
            to: APIRequest(
                method: method, path: path, query: query, headers: headers,
                body: Array(body.utf8)))
    }

    private func hostModels() {
        desk.state.withLock { state in
            state.models = [
                FakeResourceDesk.model("chat", [.chat, .tools, .images]),
                FakeResourceDesk.model("embed:v1", [.embeddings]),
            ]
        }
    }

    private func listed(_ query: String) async throws -> [String] {
        let answer = await ask("GET", "/foundation-models", query: query)
        let list = try JSONDecoder().decode(FoundationModelList.self, from: Data(answer.body))
        return list.modelSummaries.map(\.modelId)
    }

    @Test(arguments: [
        ("", ["chat", "embed:v1"]), ("byProvider=Spillway", ["chat", "embed:v1"]),
        ("byProvider=other", []), ("byOutputModality=TEXT", ["chat"]),
        ("byOutputModality=EMBEDDING", ["embed:v1"]), ("byOutputModality=IMAGE", []),
        ("byInferenceType=ON_DEMAND", ["chat", "embed:v1"]), ("byInferenceType=PROVISIONED", []),
        ("byCustomizationType=FINE_TUNING", []), ("unheard=of", ["chat", "embed:v1"]),
    ])
    func `models are listed as they are asked for`(query: String, names: [String]) async throws {
        hostModels()
        #expect(try await listed(query) == names)
        #expect(desk.state.withLock { $0.identities } == [FakeCapacityDesk.customer])
    }

    @Test(arguments: [
        "embed%3Av1", "arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Afoundation-model%2Fembed%3Av1",
    ])
    func `a model is found by its name and by its ARN`(id: String) async throws {
        hostModels()
        let answer = await ask("GET", "/foundation-models/\(id)")
        #expect(answer.status == 200)
        #expect(answer.headers["x-amzn-requestid"] == "req_1")
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains(#""outputModalities":["EMBEDDING"]"#))
        #expect(
            text.contains(#""modelArn":"arn:aws:bedrock:us-east-1::foundation-model/embed:v1""#))
        let availability = await ask("GET", "/foundation-model-availability/\(id)")
        #expect(
            String(decoding: availability.body, as: UTF8.self)
                .contains(#""authorizationStatus":"AUTHORIZED""#))
    }

    private static let profile =
        #"{"inferenceProfileName":"Team A-1","description":"a: b","clientRequestToken":"t","#
        + #""modelSource":{"copyFrom":"arn:aws:bedrock:us-east-1::foundation-model/chat"},"#
        + #""tags":[{"key":"team","value":"a"}],"unheardOf":1}"#

    @Test func `a profile is made, tagged and found by id and ARN`() async throws {
        let made = await ask("POST", "/inference-profiles", body: Self.profile)
        #expect(made.status == 201)
        let arn = try JSONDecoder().decode(
            InferenceProfileCreated.self, from: Data(made.body)
        ).inferenceProfileArn
        #expect(desk.state.withLock { $0.tokens } == ["t"])
        let id = try #require(arn.split(separator: "/").last)
        for name in [PercentCoding.encode(arn), String(id)] {
            let got = await ask("GET", "/inference-profiles/\(name)")
            let body = try JSONDecoder().decode(InferenceProfileBody.self, from: Data(got.body))
            #expect(body.inferenceProfileName == "Team A-1" && body.type == "APPLICATION")
            #expect(
                body.models.map(\.modelArn) == ["arn:aws:bedrock:us-east-1::foundation-model/chat"])
        }
        _ = await ask(
            "POST", "/tagResource",
            body: #"{"resourceARN":"\#(arn)","tags":[{"key":"b","value":"c"}]}"#)
        _ = await ask(
            "POST", "/untagResource", body: #"{"resourceARN":"\#(arn)","tagKeys":["team"]}"#)
        let tags = await ask(
            "POST", "/listTagsForResource", body: #"{"resourceARN":"\#(arn)"}"#)
        #expect(
            String(decoding: tags.body, as: UTF8.self)
                == #"{"tags":[{"key":"b","value":"c"}]}"# + "\n")
        #expect(await ask("DELETE", "/inference-profiles/\(id)").status == 200)
        #expect(await ask("GET", "/inference-profiles/\(id)").status == 404)
    }

    @Test(arguments: [
        ("Team A-1", "Team  A"), ("Team A-1", "-a"), ("Team A-1", ""), ("Team A-1", "ä"),
        (#""a: b""#, #""""#), ("foundation-model/chat", "guardrail/chat"),
        ("arn:aws:bedrock:us-east-1::foundation-model/chat", "chat"),
        (#"{"key":"team","value":"a"}"#, #"{"key":"","value":"a"}"#),
        (#"{"key":"team","value":"a"}"#, #"{"key":"a","value":"1"},{"key":"a","value":"2"}"#),
        (#"{"key":"team","value":"a"}"#, #"{"key":"team!","value":"a"}"#),
        (#""modelSource""#, #""modelSauce""#),
    ])
    func `a profile of the wrong form is refused`(part: String, with: String) async throws {
        let answer = await ask(
            "POST", "/inference-profiles", body: Self.profile.replacing(part, with: with))
        #expect(answer.status == 400)
        #expect(answer.headers["x-amzn-errortype"] == "ValidationException")
        #expect(desk.state.withLock { $0.aliases.isEmpty })
    }

    @Test func `lists come in pages, the newest throughput first`() async throws {
        for number in 0..<5 {
            let units = #""modelUnits":\#(number + 1),"modelId":"chat""#
            let made = await ask(
                "POST", "/provisioned-model-throughput",
                body: #"{"provisionedModelName":"p\#(number)",\#(units)}"#)
            #expect(made.status == 201)
        }
        for (order, names) in [
            ("Ascending", ["p0", "p1", "p2", "p3", "p4"]),
            ("Descending", ["p4", "p3", "p2", "p1", "p0"]),
        ] {
            var found: [String] = []
            var next = ""
            repeat {
                let answer = await ask(
                    "GET", "/provisioned-model-throughputs",
                    query: "maxResults=2&sortOrder=\(order)\(next)")
                let list = try JSONDecoder().decode(
                    ProvisionedThroughputList.self, from: Data(answer.body))
                found += list.provisionedModelSummaries.map(\.provisionedModelName)
                next = list.nextToken.map { "&nextToken=\($0)" } ?? ""
            } while !next.isEmpty
            #expect(found == names)
        }
        let byName = await ask("GET", "/provisioned-model-throughput/p3")
        #expect(String(decoding: byName.body, as: UTF8.self).contains(#""modelUnits":4"#))
        let profiles = await ask("GET", "/inference-profiles")
        #expect(
            String(decoding: profiles.body, as: UTF8.self)
                == #"{"inferenceProfileSummaries":[]}"# + "\n")
        for body in [
            #"{"provisionedModelName":"q","modelId":"chat","modelUnits":0}"#,
            #"{"provisionedModelName":"q","modelId":"chat","modelUnits":1,"#
                + #""commitmentDuration":"OneMonth"}"#,
        ] {
            #expect(await ask("POST", "/provisioned-model-throughput", body: body).status == 400)
        }
    }

    @Test func `errors are exceptions of Bedrock's`() async throws {
        hostModels()
        for (answer, status, name) in [
            (await ask("GET", "/foundation-models/none"), 404, "ResourceNotFoundException"),
            (
                await ask("GET", "/foundation-models", query: "byOutputModality=SMELL"), 400,
                "ValidationException"
            ),
            (await ask("GET", "/foundation-models", query: "a=%zz"), 400, "ValidationException"),
            (
                await ask("GET", "/foundation-models", isRecognised: false), 403,
                "AccessDeniedException"
            ),
        ] {
            #expect(answer.status == status)
            #expect(answer.headers["x-amzn-errortype"] == name)
            #expect(answer.headers["x-should-retry"] == "false")
            #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix(#"{"message":""#))
        }
    }

    /// Three responses, each of which goes on from the one before.
    private func keepResponses() {
        desk.state.withLock { state in
            for number in 1...3 {
                state.responses["resp_\(number)"] = StoredResponse(
                    previous: number == 1 ? nil : "resp_\(number - 1)",
                    input: Array(#""question \#(number)""#.utf8),
                    response: Array(
                        (#"{"id":"resp_\#(number)","output":[{"id":"msg_\#(number)","#
                            + #""type":"message","status":"completed"}]}"#).utf8))
            }
        }
    }

    private func items(_ query: String) async throws -> (ids: [String], hasMore: Bool) {
        let answer = await ask("GET", "/v1/responses/resp_3/input_items", query: query)
        let list = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        let data = list?["data"] as? [[String: Any]] ?? []
        #expect(list?["first_id"] as? String == data.first?["id"] as? String)
        #expect(list?["last_id"] as? String == data.last?["id"] as? String)
        return (data.compactMap { $0["id"] as? String }, list?["has_more"] as? Bool ?? false)
    }

    @Test func `a response's items are its conversation, in pages`() async throws {
        keepResponses()
        let all = ["msg_1_in0", "msg_1", "msg_2_in0", "msg_2", "msg_3_in0"]
        #expect(try await items("order=asc").ids == all)
        #expect(try await items("").ids == all.reversed())
        let first = try await items("order=asc&limit=2")
        #expect(first.ids == Array(all[..<2]) && first.hasMore)
        let last = try await items("order=asc&limit=3&after=msg_1")
        #expect(last.ids == Array(all[2...]) && !last.hasMore)
        for query in ["limit=0", "limit=101", "order=up", "after=nothing"] {
            let answer = await ask("GET", "/v1/responses/resp_3/input_items", query: query)
            #expect(answer.status == 400, "\(query)")
        }
    }

    @Test func `what was deleted is gone, and what went on from it cannot`() async throws {
        keepResponses()
        let deleted = await ask("DELETE", "/v1/responses/resp_2")
        #expect(
            String(decoding: deleted.body, as: UTF8.self).contains(#""deleted":true"#)
                && deleted.status == 200)
        #expect(await ask("GET", "/v1/responses/resp_2").status == 404)
        #expect(await ask("GET", "/v1/responses/resp_3").status == 200)
        #expect(await ask("GET", "/v1/responses/resp_3/input_items").status == 404)
        #expect(await ask("GET", "/v1/responses/resp_1", isRecognised: false).status == 401)
        #expect(await ask("GET", "/v1/responses/resp_1", query: "stream=true").status == 400)
    }
}
