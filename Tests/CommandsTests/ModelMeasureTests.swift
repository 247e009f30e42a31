import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Commands

/// What a load is counted as, and what `model measure` does and refuses to do.
@Suite struct ModelMeasureTests {
    @Test func `requests count with the part of them that lies in the window`() {
        // A second each, on two places half a second apart: 600 and 200 tokens a second.
        let answers = (0..<24).map { index in
            LoadAnswer(
                began: Int64(index) * 500_000, ended: Int64(index) * 500_000 + 1_000_000,
                input: 300, output: 100)
        }
        let load = MeasuredLoad(answers, from: 1_250_000, to: 11_250_000, replicas: 1)
        #expect(load.inputThousandths == 600_000 && load.outputThousandths == 200_000)
        let each = MeasuredLoad(answers, from: 1_250_000, to: 11_250_000, replicas: 2)
        #expect(each.inputThousandths == 300_000 && each.outputThousandths == 100_000)
    }

    @Test(arguments: 0..<50)
    func `a steady engine is measured as fast as it is, whatever it is asked`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let places = Int64.random(in: 1...16, using: &random)
        let (from, to) = (5_000_000 as Int64, 15_000_000 as Int64)
        var answers: [LoadAnswer] = []
        for _ in 0..<places {
            var now = Int64.random(in: 0...1_000_000, using: &random)
            while now < to {
                // 2 tokens of input and 1 of output in each millisecond of each place.
                let time = Int64.random(in: 1...3000, using: &random)
                answers.append(
                    LoadAnswer(
                        began: now, ended: now + time * 1000, input: 2 * time, output: time))
                now += time * 1000
            }
        }
        let load = MeasuredLoad(answers.shuffled(using: &random), from: from, to: to, replicas: 1)
        #expect(abs(load.inputThousandths - places * 2_000_000) <= places)
        #expect(abs(load.outputThousandths - places * 1_000_000) <= places)
    }

    // MARK: The command

    private static let model =
        #"{"name":"big","engine":"llama.cpp","capabilities":["chat"],"state":"ready","#
        + #""price_as":"big","context_length":4096,"maximum_output_tokens":4096,"slots":4,"#
        + #""replicas":1,"file":"/big.gguf","created_at":"2026-11-21T00:00:00Z"}"#

    private static let gateway = "\(GatewayID(high: 0x019A_A6A0_0000_0000, low: 4))"

    private static func status(underWay: Int) -> String {
        #"{"version":"1","started_at":"2026-11-21T00:00:00Z","ledger_sequence":1,"customers":1,"#
            + #""projects":1,"keys":1,"held":"0","quarantined":0,"#
            + #""gateways":[{"gateway":"\#(gateway)","#
            + #""connected":true,"epoch":1,"synced_offset":0,"applied_offset":0,"#
            + #""requests_under_way":\#(underWay)}],"models":[]}"#
    }

    private static func usage(of project: String) -> String {
        #"[{"project":"\#(project)","requests":3,"input_tokens":1,"output_tokens":1,"#
            + #""cache_read_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0,"#
            + #""embedding_tokens":0,"unbilled_tokens":0,"amount":"0"}]"#
    }

    private static let another = "\(ProjectID(high: 0x019A_A6A0_0000_0000, low: 9))"

    private static func program(
        underWay: Int = 0, usage project: String = ID.project, model: String = model,
        answers status: [UInt] = []
    ) -> TestProgram {
        let team =
            #"{"id":"\#(ID.customer)","name":"measurements","kind":"internal","#
            + #""project":"\#(ID.project)","created_at":"2026-11-21T00:00:00Z","granted":"0","#
            + #""credit_limit":"0","available":"0","held":"0","charged":"0"}"#
        var program = TestProgram(answers: [
            .modelList: "[\(model)]", .status: Self.status(underWay: underWay),
            .customerList: "[]", .customerCreate: team, .creditLimit: team,
            .keyCreate:
                #"{"id":"\#(ID.key)","project":"\#(ID.project)","name":"m","key":"sw-secret","#
                + #""created_at":"2026-11-21T00:00:00Z"}"#,
            .keyRevoke: "{}", .usage: Self.usage(of: project),
            .throughputChange: #"{"model":"big","measured":true}"#,
        ])
        program.rental.pause = { try await Task.sleep(for: $0) }
        let turns = Mutex(status)
        program.infer = { address, path, _ in
            #expect(address.url == "http://gateway" && address.token == "sw-secret")
            #expect(path == "/v1/chat/completions")
            let status = turns.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? 200
            try await Task.sleep(for: .milliseconds(10))
            let usage =
                #"{"prompt_tokens":64,"completion_tokens":10,"#
                + #""prompt_tokens_details":{"cached_tokens":4}}"#
            return InferenceAnswer(status: status, body: Array(#"{"usage":\#(usage)}"#.utf8))
        }
        return program
    }

    private static func measure(
        _ program: TestProgram, _ more: String...
    ) async
        -> TestProgram.Result
    {
        await program.run(
            ["model", "measure", "big", "--seconds", "1", "--gateway", "http://gateway"] + more)
    }

    @Test func `it is recorded as measured, with the shares that were answered`() async throws {
        // The first answer comes before the gateway knows the key.
        let result = await Self.measure(Self.program(answers: [401]))
        #expect(result.exit == .done, "\(result.errors)")
        let routes = result.calls.map(\.route)
        #expect(routes.contains(.creditLimit) && routes.contains(.keyRevoke))
        let last = try #require(result.calls.last)
        #expect(last.route == .throughputChange)
        let body = try Asker.decode(try #require(last.body)) as ThroughputBody
        #expect(body.measured == true)
        // Sixty new tokens of prompt for each ten of answers, less than 4 places could ever do.
        let input = body.inputTokensPerSecond.accelerators.thousandths
        let output = body.outputTokensPerSecond.accelerators.thousandths
        #expect(abs(input - 6 * output) < 100)
        #expect((1...24_000_000).contains(input))
        #expect(result.errors.contains("1 of 1 s: "))
    }

    @Test func `while requests are under way nothing is sent, unless it is forced`() async {
        let result = await Self.measure(Self.program(underWay: 2))
        #expect(result.errors.contains("2 requests of customers are under way"))
        #expect(!result.calls.map(\.route).contains(.keyCreate))
        let forced = await Self.measure(Self.program(underWay: 2, usage: Self.another), "--force")
        #expect(forced.exit == .done, "\(forced.errors)")
    }

    @Test func `a customer's request in between ends it, and nothing is recorded`() async {
        let result = await Self.measure(Self.program(usage: Self.another))
        #expect(result.exit != .done)
        #expect(result.errors.contains("3 requests of customers came"))
        #expect(result.calls.last?.route == .keyRevoke)
    }

    @Test func `a request that fails ends it with the answer, and the key goes`() async {
        let result = await Self.measure(Self.program(answers: [200, 200, 200, 500]))
        #expect(result.errors.contains("answered with status 500"))
        #expect(result.calls.last?.route == .keyRevoke)
    }

    @Test(arguments: [
        (#""file":"/big.gguf""#, #""url":"https://x/v1""#, "somebody else's server"),
        (#""state":"ready""#, #""state":"starting""#, "is not ready: starting"),
        (#""name":"big""#, #""name":"small""#, "No model 'big' is served"),
        (#""context_length":4096"#, #""context_length":300"#, "takes 300 tokens"),
        (#"["chat"]"#, #"["images"]"#, "neither completes"),
    ])
    func `what cannot be measured says why`(old: String, new: String, words: String) async {
        let model = Self.model.replacing(old, with: new)
        let result = await Self.measure(Self.program(model: model))
        #expect(result.exit != .done)
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(!result.calls.map(\.route).contains(.throughputChange))
    }
}
