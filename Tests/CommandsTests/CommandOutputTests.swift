import Commands
import Testing
import Vocabulary
import Wire

@Suite struct CommandOutputTests {
    private let customers = """
        [{"id":"\(ID.customer)","name":"Acme Research and Development","kind":"customer",\
        "project":"\(ID.project)","created_at":"2026-11-21T12:00:00.000Z","granted":"25",\
        "credit_limit":"0","available":"24.5","held":"0.25","charged":"0.2500004"}]
        """

    @Test func `a list is a table`() async {
        let program = TestProgram(answers: [.customerList: customers])
        let result = await program.run("customer", "list")
        #expect(result.exit == .done)
        #expect(result.errors.isEmpty)
        #expect(
            result.output == """
                CUSTOMER                        NAME                           AVAILABLE  HELD  CHARGED
                \(ID.customer)  Acme Research and Development      24.50  0.25     0.25
                """)
    }

    @Test func `a table fits a terminal of 80 columns by shortening names`() async {
        let program = TestProgram(answers: [.customerList: customers], columns: 80)
        let result = await program.run("customer", "list")
        #expect(
            result.output == """
                CUSTOMER                        NAME                    AVAILABLE  HELD  CHARGED
                \(ID.customer)  Acme Research and Dev…      24.50  0.25     0.25
                """)
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func `what cannot fit becomes blocks of lines`() async {
        let program = TestProgram(answers: [.customerList: customers], columns: 40)
        let result = await program.run("customer", "list")
        #expect(
            result.output == """
                CUSTOMER   \(ID.customer)
                NAME       Acme Research and Development
                AVAILABLE  24.50
                HELD       0.25
                CHARGED    0.25
                """)
    }

    @Test func `an empty list says what to do`() async {
        let result = await TestProgram(answers: [.modelList: "[]"]).run("model", "list")
        #expect(result.output == "No models. Add one: spillway model add NAME")
    }

    @Test func `json is control's answer as it came`() async {
        let program = TestProgram(answers: [.customerList: customers + "\n"])
        let result = await program.run("customer", "list", "--json")
        #expect(result.output == customers)
    }

    @Test func `usage is added up under a rule`() async {
        let rows = """
            [{"model":"tiny-llama-demo","requests":1200,"input_tokens":1234567,"output_tokens":89,\
            "cache_read_tokens":4000,"cache_write_tokens":0,"reasoning_tokens":0,\
            "embedding_tokens":0,"unbilled_tokens":3,"amount":"0.1236923"},\
            {"model":"big","requests":1,"input_tokens":10,"output_tokens":1,"cache_read_tokens":0,\
            "cache_write_tokens":2,"reasoning_tokens":3,"embedding_tokens":0,"unbilled_tokens":0,\
            "amount":"0.01"}]
            """
        let result = await TestProgram(answers: [.usage: rows]).run(
            "usage", "--customer", ID.customer, "--period", "2026-11")
        #expect(
            result.output == """
                MODEL            REQUESTS      INPUT  CACHED  OUTPUT  OTHER  UNBILLED        USD
                tiny-llama-demo     1,200  1,234,567   4,000      89      0         3  0.1236923
                big                     1         10       0       1      5         0       0.01
                ---------------  --------  ---------  ------  ------  -----  --------  ---------
                total               1,201  1,234,577   4,000      90      5         3  0.1336923
                """)
        #expect(
            result.calls.first?.target
                == "/api/v1/usage?customer=\(ID.customer)&from=2026-11-01T00%3A00%3A00.000Z"
                + "&to=2026-12-01T00%3A00%3A00.000Z&group=model")
    }

    @Test func `verify prints a line for each invariant and exits 1 if one is broken`() async {
        var program = TestProgram()
        program.report = VerificationReport(invariants: [
            VerificationReport.Invariant(name: "balance", holds: true, detail: "12 transactions"),
            VerificationReport.Invariant(name: "rating", holds: false, detail: "req_1 differs"),
        ])
        let result = await program.run("verify", "--data", "/data")
        #expect(result.exit == .failed)
        #expect(
            result.output == """
                holds   balance: 12 transactions
                BROKEN  rating: req_1 differs
                """)
        let json = await program.run("verify", "--data", "/data", "--json")
        #expect(
            json.output
                == #"{"holds":false,"invariants":[{"detail":"12 transactions","holds":true,"#
                + #""name":"balance"},{"detail":"req_1 differs","holds":false,"name":"rating"}]}"#)
    }

    @Test func `a price check reads like a decision`() async throws {
        let answer = """
            {"version":2,"effective":"2026-12-01T00:00:00.000Z","current_version":1,\
            "from":"2026-11-01T00:00:00.000Z","to":"2026-12-01T00:00:00.000Z",\
            "models":[{"name":"tiny","requests":10,"current":"1.5","proposed":"2","difference":"0.5"}],\
            "customers":[{"name":"Acme","id":"x","requests":10,"current":"1.5","proposed":"2",\
            "difference":"0.5"}],"total":{"name":"total","requests":10,"current":"1.5",\
            "proposed":"2","difference":"0.5"},"warnings":["big is served and has no price."],\
            "confirmation":"3f9a0c1d2e4b5a68"}
            """
        let program = TestProgram(
            answers: [.priceCheck: answer], files: ["p.yaml": "version: 2"])
        let result = await program.run("price", "check", "p.yaml")
        #expect(
            result.output == """
                Version 2, effective 2026-12-01 00:00:00, against version 1, in force. Usage from \
                2026-11-01 00:00:00 to 2026-12-01 00:00:00.

                MODEL  REQUESTS   NOW  THEN  DIFFERENCE
                tiny         10  1.50  2.00       +0.50
                -----  --------  ----  ----  ----------
                total        10  1.50  2.00       +0.50

                CUSTOMER  REQUESTS   NOW  THEN  DIFFERENCE
                Acme            10  1.50  2.00       +0.50

                warning: big is served and has no price.

                Apply it: spillway price apply p.yaml --confirmation 3f9a0c1d2e4b5a68
                """)
        #expect(result.body == #"{"name":"p.yaml","text":"version: 2"}"#)
    }
}
