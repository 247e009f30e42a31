import Commands
import Testing
import Vocabulary
import Wire

/// What commands ask control, and what they refuse to ask.
@Suite struct CommandCallTests {
    @Test func `a customer is made with credit as decimal text`() async {
        let result = await TestProgram().run("customer", "create", "Acme", "--credit", "12.50")
        #expect(result.body == #"{"credit":"12.5","kind":"customer","name":"Acme"}"#)
        #expect(result.calls.first?.target == "/api/v1/customers")
        #expect(result.calls.first?.idempotencyKey?.hasPrefix("cli-") == true)
    }

    @Test func `an idempotency key is passed on`() async {
        let result = await TestProgram().run(
            "credit", "add", ID.customer, "5", "--idempotency-key", "invoice-77")
        #expect(result.calls.first?.idempotencyKey == "invoice-77")
        #expect(result.calls.first?.target == "/api/v1/customers/\(ID.customer)/credit")
    }

    @Test func `limits that are not named stay out of the request`() async {
        let result = await TestProgram().run(
            "limit", "set", "--key", ID.key, "--requests", "60", "--tokens", "none", "--budget",
            "20")
        #expect(
            result.body
                == #"{"budget":{"amount":"20","window":"month"},"requests_per_minute":60,"#
                + #""tokens_per_minute":null}"#)
        #expect(result.calls.first?.target == "/api/v1/keys/\(ID.key)/limits")
        #expect(result.calls.first?.route.method == .patch)
    }

    @Test func `a model's files are named as control can find them`() async {
        let program = TestProgram(files: ["big.yaml": "models: {}"])
        let result = await program.run(
            "model", "add", "org/big", "--url", "https://llm.example.com/v1", "--key-file",
            "supplier.key", "--upstream-model", "llama", "--price", "big.yaml")
        #expect(
            result.body
                == #"{"key_file":"/here/supplier.key","name":"org/big","#
                + #""price_file":{"name":"big.yaml","text":"models: {}"},"upstream_model":"llama","#
                + #""url":"https://llm.example.com/v1"}"#)
    }

    @Test func `a model's name with a slash is one segment`() async {
        let result = await TestProgram().run("model", "remove", "org/big")
        #expect(result.calls.first?.target == "/api/v1/models/org%2Fbig")
    }

    @Test func `a draft is asked for without an idempotency key`() async {
        let result = await TestProgram(answers: [.invoiceIssue: "[]"]).run(
            "invoice", "issue", "--period", "2026-11", "--draft")
        #expect(result.body == #"{"draft":true,"period":"2026-11"}"#)
        #expect(result.calls.first?.idempotencyKey == nil)
        #expect(result.output == "Nobody has usage to invoice in 2026-11.")
    }

    @Test(arguments: [
        ["customer", "create"],
        ["customer", "create", "Acme", "--credit", "ten"],
        ["customer", "create", "Acme", "--credit", "1e3"],
        ["customer", "show", "org_short"],
        ["customer", "show", "prj_00000000000000000000000000"],
        ["key", "create"],
        ["limit", "set", "--requests", "5"],
        ["limit", "set", "--project", ID.project],
        ["limit", "set", "--project", ID.project, "--key", ID.key, "--requests", "5"],
        ["limit", "set", "--project", ID.project, "--window", "total"],
        ["model", "add", "m", "--price-as", "x"],
        ["model", "add", "m", "--gguf", "f", "--url", "http://h/v1", "--price-as", "x"],
        ["model", "add", "m", "--gguf", "f"],
        ["model", "add", "m", "--gguf", "f", "--key-file", "k", "--price-as", "x"],
        ["model", "add", "m", "--gguf", "f", "--engine", "vllm", "--price-as", "x"],
        ["usage", "--period", "2026-13"],
        ["usage", "--period", "2026-11", "--from", "2026-11-02"],
        ["invoice", "issue"],
        ["invoice", "correct", "INV-000001", "1", "--reason", "r"],
        [
            "invoice", "correct", "INV-000001", "1", "--quantity", "1", "--amount", "1", "--reason",
            "r",
        ],
        ["invoice", "show", "INV-000001", "--html", "--json"],
        ["price", "apply"],
        ["verify"],
        ["nonsense"],
        ["status", "--nonsense"],
    ])
    func `wrong usage exits 2, asks nothing and says why`(arguments: [String]) async {
        let program = TestProgram()
        let result = await program.run(arguments)
        #expect(result.exit == .wrongUsage)
        #expect(result.calls.isEmpty)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("rror:"))
    }

    @Test func `no address is wrong usage and names the ways to give one`() async {
        var program = TestProgram()
        program.variables = [:]
        let result = await program.run("status")
        #expect(result.exit == .wrongUsage)
        #expect(result.errors.contains("--data DIR"))
        #expect(result.errors.contains("SPILLWAY_CONTROL and SPILLWAY_TOKEN"))
    }

    @Test func `the data directory's ready file says where control is`() async throws {
        var program = TestProgram(answers: [.customerList: "[]"])
        program.variables = [:]
        program.files["/d/ready.json"] =
            #"{"gateway":"http://g","control":"http://c","operator_token":"t","api_key":"k"}"#
        #expect(await program.run("customer", "list", "--data", "/d").exit == .done)
        let missing = await program.run("customer", "list", "--data", "/other")
        #expect(missing.exit == .failed)
        #expect(missing.errors.contains("spillway up --data /other"))
    }

    @Test func `control that does not answer exits 3`() async {
        let result = await TestProgram().run("status")
        #expect(result.exit == .unreachable)
        #expect(result.errors == "error: Control at http://127.0.0.1:1 does not answer.")
    }

    @Test func `a refusal exits 1 with what to do next`() async {
        var program = TestProgram()
        program.refusal = APIErrorBody(Failure(.insufficientQuota, "There is no money left."))
        let result = await program.run("customer", "show", ID.customer)
        #expect(result.exit == .failed)
        #expect(
            result.errors == """
                error: There is no money left.
                next: Add credit: 'spillway credit add'.
                """)
    }

    @Test func `an answer of another form says that versions differ`() async {
        let result = await TestProgram(answers: [.status: "{}"]).run("status")
        #expect(result.exit == .failed)
        #expect(result.errors.contains("another version of Spillway"))
    }
}

@Suite struct PriceApplyTests {
    private let check = """
        {"version":2,"effective":"2026-12-01T00:00:00.000Z","from":"2026-11-01T00:00:00.000Z",\
        "to":"2026-12-01T00:00:00.000Z","models":[],"customers":[],"total":{"name":"total",\
        "requests":0,"current":"0","proposed":"0","difference":"0"},"warnings":[],\
        "confirmation":"abc"}
        """
    private let applied = """
        {"version":2,"effective":"2026-12-01T00:00:00.000Z","in_force":false,"models":[]}
        """

    private func program(personSays: String?) -> TestProgram {
        TestProgram(
            answers: [.priceCheck: check, .priceApply: applied], files: ["p": "version: 2"],
            personSays: personSays)
    }

    @Test func `nobody there and nothing confirmed is wrong usage`() async {
        let result = await program(personSays: nil).run("price", "apply", "p")
        #expect(result.exit == .wrongUsage)
        #expect(result.calls.isEmpty)
    }

    @Test func `a person's yes sends the check's confirmation`() async {
        let result = await program(personSays: "yes").run("price", "apply", "p")
        #expect(result.exit == .done)
        #expect(result.calls.map(\.route) == [.priceCheck, .priceApply])
        let body = result.calls.last?.body.map { String(decoding: $0, as: UTF8.self) }
        #expect(body == #"{"confirmation":"abc","file":{"name":"p","text":"version: 2"}}"#)
    }

    @Test(arguments: ["no", "y", ""])
    func `anything but yes applies nothing`(answer: String) async {
        let result = await program(personSays: answer).run("price", "apply", "p")
        #expect(result.exit == .failed)
        #expect(result.calls.map(\.route) == [.priceCheck])
        #expect(result.errors == "Nothing was applied.")
    }

    @Test func `--yes applies without a check and says so to control`() async {
        let result = await program(personSays: nil).run("price", "apply", "p", "--yes")
        #expect(result.exit == .done)
        #expect(result.body == #"{"file":{"name":"p","text":"version: 2"},"unchecked":true}"#)
    }
}
