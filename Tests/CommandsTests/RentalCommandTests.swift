import Commands
import Foundation
import Synchronization
import Testing
import Vocabulary
import Wire

/// Renting from the command line.
@Suite struct RentalCommandTests {
    private static let job = "\(JobID(high: 0x019A_A6A0_0000_0000, low: 4))"
    private static let instance = "\(InstanceID(high: 0x019A_A6A0_0000_0000, low: 5))"
    private static let volume = "\(VolumeID(high: 0x019A_A6A0_0000_0000, low: 6))"
    private static let lease = "\(LeaseID(high: 0x019A_A6A0_0000_0000, low: 7))"

    private static let terms =
        #"{"class":"on_demand","reclaimable":false,"refund_within_seconds":0,"#
        + #""failure_credit_thousandths":1000,"failure_credit_reach_seconds":3600,"#
        + #""money_notice_seconds":120,"words":["Billed by the second.","Never taken back."]}"#
    private static let quote =
        #"{"available":true,"pool":"local","class":"on_demand","accelerators":"1","#
        + #""price_per_accelerator_hour":"0.05","price_per_hour":"0.05","maximum_cost":"1.2","#
        + #""price_version":1,"terms":\#(terms)}"#

    private static func order(
        _ state: String, exit: Int? = nil, started: Bool = false, reason: String? = nil
    ) -> String {
        let run =
            #"{"lease":"\#(lease)","index":0,"attempt":1,"state":"\#(state)","nodes":["n1"],"#
            + #""started_at":"2026-11-21T12:00:00.000Z","billed_seconds":3,"#
            + #""unbilled_seconds":0,"charged":"0.0001","credited":"0"}"#
        return #"{"id":"\#(job)","kind":"job","customer":"\#(ID.customer)","#
            + #""project":"\#(ID.project)","name":"python3","pool":"local","class":"on_demand","#
            + #""nodes":1,"accelerators":"1","one_block":false,"#
            + #""price_per_accelerator_hour":"0.05","price_version":1,"command":["python3"],"#
            + (exit.map { #""exit_code":\#($0),"# } ?? "")
            + (reason.map { #""reason":"\#($0)","next":"earliest 14:20","# } ?? "")
            + #""state":"\#(state)","placed_at":"2026-11-21T12:00:00.000Z","#
            + #""billed_accelerator_seconds":"3","charged":"0.000041666666666667","#
            + #""credited":"0","held":"0","runs":[\#(started ? run : "")]}"#
    }

    private func program(end: String) -> TestProgram {
        TestProgram(
            answers: [.jobShow: end, .jobLog: ""],
            answersInTurn: [
                .quote: [Self.quote],
                .jobSubmit: [Self.order("waiting", reason: "0 of 1 nodes free")],
                .jobShow: [
                    Self.order("waiting", reason: "0 of 1 nodes free"),
                    Self.order("running", started: true),
                ],
                .jobLog: ["4", "2\n", ""],
            ])
    }

    private static let submit = [
        "job", "submit", "--pool", "local", "--project", ID.project, "--", "python3", "-c",
        "print(6*7)",
    ]

    @Test func `a job shows its price, what it waits for, its log and its cost`() async {
        let result = await program(end: Self.order("succeeded", exit: 0, started: true)).run(
            Self.submit)
        #expect(result.exit == .done)
        #expect(result.errors.isEmpty)
        #expect(
            result.output == """
                Price     $0.05 per accelerator-hour, on_demand
                Together  1 accelerator, $0.05 per hour
                At most   $1.20
                Start     at once
                Terms  Billed by the second.
                       Never taken back.
                \(Self.job) submitted; Ctrl-C detaches
                waiting; 0 of 1 nodes free; earliest 14:20
                running on n1
                4
                2
                \(Self.job) succeeded: cost $0.000042 for 3 accelerator-seconds at \
                $0.05 per accelerator-hour
                """)
        let submitted = result.calls.first { $0.route == .jobSubmit }
        #expect(
            submitted?.body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"accelerators":"1","command":["python3","-c","print(6*7)"],"#
                + #""pool":"local","project":"\#(ID.project)"}"#)
        #expect(submitted?.idempotencyKey?.hasPrefix("cli-") == true)
        let offsets = result.calls.filter { $0.route == .jobLog }.compactMap { call in
            call.query.first { $0.name == "offset" }?.value
        }
        #expect(offsets == ["0", "1", "3", "3"])
    }

    @Test func `a job that failed exits 4 and says how`() async {
        let result = await program(
            end: Self.order("failed", exit: 3, started: true, reason: "exited with 3")
        ).run(Self.submit)
        #expect(result.exit == .jobFailed)
        #expect(result.errors == "error: the job failed with exit code 3: exited with 3")
    }

    @Test func `Ctrl-C detaches and says how to come back`() async {
        var program = program(end: Self.order("running", started: true))
        program.rental.interrupts = { AsyncStream { $0.yield() } }
        program.rental.pause = { _ in try await Task.sleep(for: .seconds(60)) }
        let result = await program.run(Self.submit)
        #expect(result.exit == .detached)
        #expect(result.errors.contains("spillway job log \(Self.job) --follow"))
        #expect(result.errors.contains("spillway job cancel \(Self.job)"))
    }

    @Test func `what cannot be had is not ordered`() async {
        let refused = Self.quote.replacing(
            #""available":true"#,
            with: #""available":false,"reason":"the pool has 2 nodes","next":"ask for 2""#)
        let result = await TestProgram(answers: [.quote: refused]).run(Self.submit)
        #expect(result.exit == .failed)
        #expect(result.calls.map(\.route) == [.quote])
        #expect(result.errors.contains("the pool has 2 nodes"))
    }

    @Test func `json is the job at its end, and nothing else`() async throws {
        let result = await program(end: Self.order("succeeded", exit: 0, started: true)).run(
            ["job", "submit", "--json"] + Self.submit.dropFirst(2))
        #expect(result.exit == .done)
        let order = try JSONDecoder().decode(OrderBody.self, from: Data(result.output.utf8))
        #expect(order.state == .succeeded)
        #expect(!result.calls.contains { $0.route == .quote })
    }

    @Test func `every option of a job reaches control`() async throws {
        var program = program(end: "")
        program.rental.readBytes = { Array("of \($0)".utf8) }
        program.variables["TOKEN"] = "t"
        let result = await program.run([
            "job", "submit", "--pool", "h100", "--accelerators", "0.25", "--nodes", "2",
            "--class", "spot", "--one-block", "--max-time", "90m", "--retries", "3", "--array",
            "5", "--file", "a/train.py", "--file", "b:c/d", "--env", "A=b=c", "--env", "TOKEN",
            "--volume", "\(Self.volume):/volumes/x:ro", "--on-reclaim", "end", "--name", "n",
            "--cpus", "1.5", "--memory", "4GiB", "--project", ID.project, "--detach", "--", "run",
        ])
        #expect(result.exit == .done)
        let sent = try #require(result.calls.first { $0.route == .jobSubmit }?.body)
        let body = try JSONDecoder().decode(Strict<JobSubmitBody>.self, from: Data(sent)).body
        #expect(body.ask.acceleratorsPerNode.description == "0.25")
        #expect(body.ask.purchaseClass == .spot)
        #expect(body.ask.cpuThousandthsPerNode == 1500)
        #expect(body.ask.memoryMiBPerNode == 4096)
        #expect(body.maximumRunTime == 5400)
        #expect(body.arraySize == 5)
        #expect(body.retries == 3)
        #expect(body.environment == ["A": "b=c", "TOKEN": "t"])
        #expect(
            body.files?.mapValues {
                Data(base64Encoded: $0).map { String(decoding: $0, as: UTF8.self) }
            }
                == ["train.py": "of a/train.py", "c/d": "of b"])
        #expect(body.volumes?.first?.readOnly == true)
        #expect(body.onReclaim == .end)
    }

    @Test func `a customer's commands go to its port with its key`() async {
        var program = TestProgram(answers: [.jobList: "[]"])
        program.variables = ["SPILLWAY_URL": "https://api.example.com/", "SPILLWAY_KEY": "sk"]
        let result = await program.run("job", "list")
        #expect(result.exit == .done)
        #expect(
            result.addresses == [ControlAddress(url: "https://api.example.com", token: "sk")])
        program.variables = ["SPILLWAY_URL": "https://api.example.com/"]
        #expect(await program.run("job", "list").errors.contains("SPILLWAY_KEY"))
    }

    @Test func `the demo customer pays where the data directory has one and nobody is named`()
        async
    {
        var program = TestProgram(answers: [.quote: Self.quote, .poolList: "[]"])
        program.variables = [:]
        program.files["/d/ready.json"] =
            #"{"gateway":"http://g","control":"http://c","operator_token":"t","api_key":"k"}"#
        program.files["/e/ready.json"] =
            #"{"gateway":"http://g","control":"http://c","operator_token":"t"}"#
        let demo = await program.run("quote", "--pool", "local", "--data", "/d")
        #expect(demo.addresses == [ControlAddress(url: "http://g", token: "k")])
        let named = await program.run(
            "quote", "--pool", "local", "--data", "/d", "--project", ID.project)
        #expect(named.addresses == [ControlAddress(url: "http://c", token: "t")])
        #expect(await program.run("quote", "--pool", "local", "--data", "/e").exit == .wrongUsage)
        let looked = await program.run("pool", "list", "--data", "/d")
        #expect(looked.addresses == [ControlAddress(url: "http://c", token: "t")])
    }

    @Test func `the Spillway in ./data is meant where nothing says another`() async {
        var program = TestProgram(answers: [
            .quote: Self.quote, .customerList: "[]", .poolList: "[]",
        ])
        program.variables = [:]
        program.files["data/ready.json"] =
            #"{"gateway":"http://g","control":"http://c","operator_token":"t","api_key":"k"}"#
        let owner = ControlAddress(url: "http://c", token: "t")
        #expect(await program.run("customer", "list").addresses == [owner])
        #expect(await program.run("pool", "list").addresses == [owner])
        let demo = await program.run("quote", "--pool", "local")
        #expect(demo.addresses == [ControlAddress(url: "http://g", token: "k")])
        program.variables = ["SPILLWAY_URL": "https://api.example.com", "SPILLWAY_KEY": "sk"]
        let customer = await program.run("pool", "list")
        #expect(customer.addresses.map(\.url) == ["https://api.example.com"])
        program.variables = ["SPILLWAY_CONTROL": "http://other", "SPILLWAY_TOKEN": "t"]
        #expect(await program.run("pool", "list").addresses.map(\.url) == ["http://other"])
    }

    @Test(arguments: [
        ("0", "0.00", "0.00"), ("12.345", "12.35", "12.345"), ("-12.345", "-12.35", "-12.345"),
        ("0.0099", "0.0099", "0.0099"), ("0.00999", "0.01", "0.00999"),
        ("0.000041666666666667", "0.000042", "0.000042"),
        ("0.046728971962616822", "0.05", "0.046729"),
        (
            "0.000000000000000001",
            "0.000000000000000001", "0.000000000000000001"
        ),
    ])
    func `what is charged and what it costs have as many digits as matter`(
        exact: String, amount: String, price: String
    ) async throws {
        let answer = Self.order("succeeded")
            .replacing(#""charged":"0.000041666666666667""#, with: #""charged":"\#(exact)""#)
            .replacing(
                #""price_per_accelerator_hour":"0.05""#,
                with: #""price_per_accelerator_hour":"\#(exact)""#)
        let shown = await TestProgram(answers: [.jobShow: answer]).run("job", "show", Self.job)
        let lines = shown.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        #expect(lines.first { $0.first == "Charged" }?.last.map(String.init) == amount)
        #expect(lines.first { $0.first == "Price" }?[1].description == price)
    }

    @Test func `an instance's command is run with what is typed, and its exit code passed on`()
        async
    {
        let sent = Mutex<[AttachFrame]>([])
        let asked = Mutex<[String]>([])
        var program = TestProgram()
        program.rental.standardInput = {
            AsyncStream {
                $0.yield(Array("ls\n".utf8)); $0.finish()
            }
        }
        program.rental.attach = { _, call in
            asked.withLock { $0.append(call.target) }
            let (stream, continuation) = AsyncThrowingStream<AttachFrame, any Error>.makeStream()
            return AttachSession(
                incoming: stream,
                send: { frame in
                    sent.withLock { $0.append(frame) }
                    guard frame == .end else { return }
                    continuation.yield(.data(Array("file\n".utf8)))
                    continuation.yield(.exit(42))
                    continuation.finish()
                }, close: {})
        }
        let result = await program.run(
            "instance", "exec", Self.instance, "--", "sh", "-c", "cat")
        #expect(result.exit.rawValue == 42)
        #expect(result.output == "file")
        #expect(sent.withLock { $0 } == [.data(Array("ls\n".utf8)), .end])
        #expect(
            asked.withLock { $0 } == [
                "/v1/instances/\(Self.instance)/attach?"
                    + "command=%5B%22sh%22%2C%22-c%22%2C%22cat%22%5D"
            ])
    }

    @Test func `a window that changes its size is followed`() async {
        let sent = Mutex<[AttachFrame]>([])
        var program = TestProgram()
        program.rental.standardInput = { AsyncStream { _ in } }
        program.rental.terminal = InteractiveTerminal(
            columns: 80, rows: 24,
            resizes: { AsyncStream { $0.yield(.init(columns: 100, rows: 30)) } },
            enterRawMode: { {} })
        program.rental.attach = { _, _ in
            let (stream, continuation) = AsyncThrowingStream<AttachFrame, any Error>.makeStream()
            return AttachSession(
                incoming: stream,
                send: { frame in
                    sent.withLock { $0.append(frame) }
                    continuation.yield(.exit(0))
                    continuation.finish()
                }, close: {})
        }
        let result = await program.run("instance", "exec", Self.instance)
        #expect(result.exit == .done)
        #expect(sent.withLock { $0.first } == .resize(columns: 100, rows: 30))
    }

    @Test func `a file goes where it is wanted`() async {
        let written = Mutex<[String: String]>([:])
        var program = TestProgram(answers: [.jobFile: "data"])
        program.rental.writeBytes = { path, bytes in
            written.withLock { $0[path] = String(decoding: bytes, as: UTF8.self) }
        }
        let result = await program.run("job", "files", Self.job, "out/model.bin")
        #expect(result.output == "model.bin: 4 bytes")
        #expect(written.withLock { $0 } == ["model.bin": "data"])
        #expect(
            result.calls.first?.target == "/v1/jobs/\(Self.job)/files?path=out%2Fmodel.bin")
    }

    @Test(arguments: [
        ["job", "submit", "--pool", "p"],
        ["job", "submit", "--", "x"],
        ["job", "submit", "--pool", "p", "--accelerators", "1/2", "--", "x"],
        ["job", "submit", "--pool", "p", "--max-time", "90", "--", "x"],
        ["job", "submit", "--pool", "p", "--class", "cheap", "--", "x"],
        ["job", "submit", "--pool", "p", "--volume", "data:/volumes/x", "--", "x"],
        ["job", "submit", "--pool", "p", "--", "x"],
        ["quote", "--pool", "p", "--kind", "reservation", "--project", ID.project],
        ["node", "drain", "n1"],
        ["volume", "create", "v", "--pool", "p", "--quota", "20", "--project", ID.project],
        ["instance", "connect", "ins_x", "80"],
    ])
    func `wrong usage exits 2 and asks nothing`(arguments: [String]) async {
        let result = await TestProgram().run(arguments)
        #expect(result.exit == .wrongUsage)
        #expect(result.calls.isEmpty)
    }
}
