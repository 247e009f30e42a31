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
}
