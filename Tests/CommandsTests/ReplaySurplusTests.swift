import Commands
import Synchronization
import TestKit
import Testing
import Vocabulary

/// `spillway replay surplus`, as scripts and people call it.
@Suite struct ReplaySurplusTests {
    /// Two days of two teams: one with a day's rhythm and noise, one that hardly uses anything.
    private static func trace(days: Int, seed: UInt64 = 1) -> [String: String] {
        var random = SeededGenerator(seed: seed)
        var busy = "t_min,total_gpu,running_gpu,pending_gpu\n"
        for minute in stride(from: 0, to: days * 1440, by: 10) {
            let base = minute % 1440 < 720 ? 40 : 20
            busy += "\(minute),64,\(base + Int.random(in: 0..<8, using: &random)),0\n"
        }
        let quiet = "t_min,total_gpu,running_gpu,pending_gpu\n0,16,4,0\n"
        return ["t/busy.csv": busy, "t/quiet.csv": quiet, "t/README.csv": "date,note\n"]
    }

    private final class Written: Sendable {
        let text = Mutex("")
    }

    private func run(
        _ files: [String: String], _ words: String...
    ) async -> (TestProgram.Result, String) {
        let written = Written()
        var program = TestProgram(files: files)
        program.rental = RentalEnvironment(writeBytes: { _, bytes in
            written.text.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
        })
        let result = await program.run(
            ["replay", "surplus", "t", "--decisions", "out.csv"] + words)
        return (result, written.text.withLock { $0 })
    }

    /// The rows of decisions up to and with a minute.
    private func rows(_ text: String, until minute: Int) -> [Substring] {
        text.split(separator: "\n").dropFirst().filter {
            Int($0.prefix { $0 != "," }).map { $0 <= minute } ?? false
        }
    }

    @Test func `decisions are changes of levels, the same each time`() async {
        let files = Self.trace(days: 2)
        let (result, text) = await run(files, "--lease-hours", "2")
        #expect(result.exit == .done, "\(result.errors)")
        #expect(text.hasPrefix("t_min,class,gpus\n"))
        #expect(text.contains(",on_demand,") && text.contains(",spot,"))
        #expect(!text.contains(",reserved,"))
        #expect(result.output.contains("ACCELERATOR-HOURS"))
        #expect(await run(files, "--lease-hours", "2").1 == text)
    }

    @Test func `what comes later changes nothing before`() async {
        let cut = 2000
        var files = Self.trace(days: 2)
        let (_, all) = await run(files, "--lease-hours", "2")
        let early = files["t/busy.csv", default: ""].split(separator: "\n").enumerated()
            .filter { $0.offset == 0 || (Int($0.element.prefix { $0 != "," }) ?? 0) <= cut }
            .map(\.element).joined(separator: "\n")
        // The last row says how far the trace goes.
        files["t/busy.csv"] = early + "\n\(cut),64,40,0\n"
        let (_, prefix) = await run(files, "--lease-hours", "2")
        #expect(rows(prefix, until: cut - 1) == rows(all, until: cut - 1))
        #expect(rows(all, until: cut - 1).count > 20)
    }

    @Test func `only what is asked for is sold, and it says why`() async {
        let (result, text) = await run(
            Self.trace(days: 1), "--classes", "spot", "--explain", "1000", "--json")
        #expect(result.exit == .done, "\(result.errors)")
        #expect(!text.contains("on_demand"))
        #expect(result.output.contains("\"minutes\":1431"))
        #expect(result.output.contains("Internal demand is "))
        #expect(result.output.contains("on_demand: not on sale."))
    }

    @Test func `a team's part is planned by itself`() async {
        let (result, _) = await run(Self.trace(days: 1), "--team", "busy", "--classes", "spot")
        #expect(result.exit == .done, "\(result.errors)")
        let (missing, _) = await run(Self.trace(days: 1), "--team", "other")
        #expect(missing.exit != .done)
        #expect(missing.errors.contains("busy, quiet"), "\(missing.errors)")
    }

    @Test func `what is no trace is said`() async {
        let (none, _) = await run(["t/notes.csv": "date,note\n"])
        #expect(none.errors.contains("There is no recorded demand"), "\(none.errors)")
        let (broken, _) = await run(["t/a.csv": "t_min,total_gpu,running_gpu\n0,8,many\n"])
        #expect(broken.errors.contains("a, line 2: running_gpu is 'many'"), "\(broken.errors)")
        let (wrong, _) = await run(Self.trace(days: 1), "--classes", "spot,monthly")
        #expect(wrong.exit != .done)
    }
}
