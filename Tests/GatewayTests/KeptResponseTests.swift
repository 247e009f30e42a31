import Foundation
import Metering
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// Responses that are kept: what they are made of is fetched first, and they come into the journal
/// right before their charge.
@Suite(.timeLimit(.minutes(10)))
struct KeptResponseTests {
    private static let previous = "resp_" + "\(RequestID(high: 7, low: 9))".dropFirst(4)

    private static func request(_ members: String, streaming: Bool = false) -> String {
        let body = #"{"model":"m","input":"hi","stream":\#(streaming)\#(members)}"#
        return "POST /v1/responses HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            + "Authorization: Bearer \(GatewayStand.secret)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The response that the journal has, and whether its charge came next.
    private static func stored(_ stand: GatewayStand) throws -> StoredResponse? {
        var bytes: [UInt8] = []
        var isNext = false
        for record in try stand.records() {
            switch record {
            case .answerPart(_, let part): bytes += part
            case .settled: isNext = !bytes.isEmpty
            default: #expect(bytes.isEmpty || isNext, "the charge comes right after the answer")
            }
        }
        return isNext ? try StoredResponse(bytes: bytes) : nil
    }

    @Test(arguments: [false, true])
    func `it is in the journal with its charge`(streaming: Bool) async throws {
        let script =
            streaming
            ? FakeEngine.Script(pieces: EngineAnswers.stream(3))
            : FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request("", streaming: streaming), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            let stored = try #require(try Self.stored(stand))
            #expect(stored.input == Array(#""hi""#.utf8) && stored.previous == nil)
            let response = String(decoding: stored.response, as: UTF8.self)
            #expect(EngineAnswers.body(of: answer).contains(response))
            let object = try JSONSerialization.jsonObject(with: Data(stored.response))
            #expect((object as? [String: Any])?["store"] as? Bool == true)
        }
    }

    @Test func `what is not to be kept is in no journal`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request(#","store":false"#), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains(#""store":false"#))
            #expect(try Self.stored(stand) == nil)
        }
    }

    @Test(arguments: [(200, "HTTP/1.1 200"), (404, "HTTP/1.1 400"), (500, "HTTP/1.1 503")])
    func `a conversation is fetched and comes before the input`(
        status: Int, expected: String
    ) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await withTemporaryDirectory { directory in
            let socket = directory.path + "/u"
            let items = #"{"role":"user","content":"before"}"#
            let port = try await FakeCustomerPort.start(at: socket) { received in
                guard received.hasSuffix("\r\n\r\n") else { return nil }
                return [
                    "HTTP/1.1 \(status) X\r\nContent-Length: \(items.utf8.count)\r\n\r\n\(items)"
                ]
            }
            try await GatewayStand.run(
                answer: script, limits: { $0.customersSocket = socket }
            ) { stand in
                let answer = try await RawClient.exchange(
                    Self.request(#","previous_response_id":"\#(Self.previous)""#),
                    port: stand.server.port)
                #expect(answer.hasPrefix(expected), "\(answer)")
                let asked = try #require(port.requests.first)
                #expect(asked.hasPrefix("GET /v1/responses/\(Self.previous)/input_items HTTP/1.1"))
                #expect(asked.contains("x-spillway-project: \(ProjectID(high: 2, low: 1))"))
                #expect(asked.contains("x-spillway-conversation: whole"))
                guard status == 200 else {
                    #expect(stand.engine.requests == 0)
                    return
                }
                let sent = stand.engine.lastRequest
                #expect(
                    sent.contains(
                        #"[{"role":"user","content":"before"},{"role":"user","content":"hi"}]"#))
                let stored = try #require(try Self.stored(stand))
                #expect(stored.previous == Self.previous)
                #expect(stored.input == Array(#""hi""#.utf8))
            }
            await port.stop()
        }
    }

    @Test func `what is no name of a response is asked of nobody`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            answer: script, limits: { $0.customersSocket = "/nowhere" }
        ) { stand in
            for name in ["resp_1", "x", "../../etc/passwd"] {
                let answer = try await RawClient.exchange(
                    Self.request(#","previous_response_id":"\#(name)""#), port: stand.server.port)
                #expect(answer.hasPrefix("HTTP/1.1 400"))
                #expect(answer.contains("previous_response_id"))
            }
            #expect(stand.engine.requests == 0)
        }
    }
}
