import Control
import Fleet
import Foundation
import Testing
import Vocabulary
import Wire

@Suite struct InventoryFileTests {
    private static let whole = """
        sites:
          - {name: home, energy_price: "0.08", pue: 1.25}
        suppliers:
          - name: own
            owned: {capital_per_node: "320000", life_months: 60, residual: 0.15, \
        cost_of_capital: 0.12, operations: 0.04, watts_per_node: 10200}
        clusters:
          - name: here
            local: {}
        pools:
          - name: h100
            site: home
            supplier: own
            cluster: here
            accelerator: h100
            accelerators_per_node: 8
            cpus_per_node: 64
            memory_mib_per_node: 512000
            nodes:
              - {name: "n[1-8]", block: b1}
              - {name: n09, delivery: 2026-12-24}
        """

    @Test func `a file is read whole, with ranges of nodes`() throws {
        let inventory = try InventoryFile.read(name: "i.yaml", text: Self.whole)
        let pool = try #require(inventory.pools.first)
        #expect(pool.nodes.map(\.name.text) == (1...8).map { "n\($0)" } + ["n09"])
        #expect(pool.nodes[0].block?.text == "b1")
        #expect(pool.nodes[8].delivery == Instant("2026-12-24"))
        #expect(pool.shape.cpuThousandths == 64_000)
        #expect(inventory.sites[0].powerUsageThousandths == 1250)
        guard case .owned(let cost) = inventory.suppliers[0].terms else {
            Issue.record("own is not owned")
            return
        }
        #expect(cost.residualThousandths == 150)
    }

    @Test func `the example in the documents is a file`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/inventory-example.yaml")
        let text = try String(contentsOf: path, encoding: .utf8)
        let inventory = try InventoryFile.read(name: "docs/inventory-example.yaml", text: text)
        #expect(inventory.pools.count == 3)
        #expect(inventory.suppliers.count == 3)
        // What is shown is a file again.
        let shown = InventoryBody(inventory)
        let json = String(decoding: try JSONEncoder().encode(shown), as: UTF8.self)
        #expect(try InventoryFile.read(name: "shown", text: json) == inventory)
    }

    private static let remote = """
        suppliers:
          - name: outside
            remote:
              url: https://llm.example.com/v1
              daily_cap: "5"
              models:
                - {model: m, input: "0.10", output: "0.40"}
        """

    @Test func `what a supplier of tokens leaves out is never free`() throws {
        let inventory = try InventoryFile.read(name: "i.yaml", text: Self.remote)
        guard case .remote(let supply) = inventory.suppliers[0].terms else {
            Issue.record("it sells tokens")
            return
        }
        let prices = supply.models[0].perMillion
        #expect(prices[.cacheRead] == .cents(10) && prices[.cacheWrite] == .cents(10))
        #expect(prices[.reasoning] == .cents(40) && prices[.embedding] == nil)
        #expect(supply.dailyCap == .dollars(5) && supply.monthlyCap == nil)
        #expect(supply.requests == 16 && supply.models[0].queue == 0)
    }

    @Test(arguments: [
        ("url: https://llm.example.com/v1", "url: ftp://x", 4, "http or https"),
        (#"daily_cap: "5""#, #"daily_cap: "-5""#, 5, "amount of dollars"),
        (#"daily_cap: "5""#, "hourly_cap: 5", 5, "no field 'hourly_cap'"),
        (#", output: "0.40""#, "", 7, "'input' and 'output'"),
        ("model: m,", "queue: 1,", 7, "lacks 'model'"),
    ])
    func `what is wrong with a supplier of tokens is named with its line`(
        old: String, new: String, line: Int, message: String
    ) throws {
        let text = Self.remote.replacing(old, with: new)
        #expect(text != Self.remote)
        let failure = #expect(throws: Failure.self) {
            try InventoryFile.read(name: "i.yaml", text: text)
        }
        #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
        #expect(failure?.parameter == "i.yaml:\(line)", "\(failure?.message ?? "")")
    }

    @Test(arguments: [
        ("pue: 1.25", "pue: 0.9", 2, "1 to 10"),
        ("pue: 1.25", "pew: 1.25", 2, "no field 'pew'"),
        (#"energy_price: "0.08""#, "energy_price: -1", 2, "amount of dollars"),
        ("supplier: own", "supplier: other", 12, "no supplier 'other'"),
        ("local: {}", "local: {}\n    simulated: {seed: 1}", 7, "exactly one of"),
        ("n[1-8]", "n[8-1]", 19, "no range"),
        ("{name: n09", "{name: n8", 20, "two nodes 'n8'"),
        ("accelerators_per_node: 8", "accelerators_per_node: 0", 15, "from 1 to 1024"),
        ("site: home", "sight: home", 11, "no field 'sight'"),
    ])
    func `what is wrong is named with its line`(
        old: String, new: String, line: Int, message: String
    ) throws {
        let text = Self.whole.replacing(old, with: new)
        #expect(text != Self.whole)
        do {
            _ = try InventoryFile.read(name: "i.yaml", text: text)
            Issue.record("it was read")
        } catch {
            #expect(error.message.contains(message), "\(error.message)")
            #expect(error.parameter == "i.yaml:\(line)", "\(error.message)")
        }
    }

    @Test func `a change says what is added, changed and retired`() throws {
        let old = try InventoryFile.read(name: "i", text: Self.whole)
        let new = try InventoryFile.read(
            name: "i",
            text: Self.whole.replacing("n[1-8]", with: "n[2-9]").replacing("1.25", with: "1.3"))
        let change = InventoryChange.from(old, to: new)
        #expect(change.added == ["node n9"])
        #expect(change.retired == ["node n1"])
        #expect(change.changed == ["site home"])
        #expect(!change.applied)
        #expect(change.accelerators == 72)
        #expect(InventoryChange.from(new, to: new).changed.isEmpty)
    }

    @Test func `the inventory as JSON is an inventory file`() throws {
        let inventory = try InventoryFile.read(name: "i", text: Self.whole)
        let json = String(
            decoding: try JSONEncoder().encode(InventoryBody(inventory)), as: UTF8.self)
        #expect(try InventoryFile.read(name: "json", text: json) == inventory)
    }
}
