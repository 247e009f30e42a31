import Clusters
import Engines
import Fleet
import Foundation
import Glibc
import Link
import TestKit
import Testing
import Vocabulary

/// What `make setup` unpacks.
private enum LlamaEngine {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static let model = "\(root)/demo-model/tiny-llama-demo-q8_0.gguf"

    static let software: EngineSoftware? = {
        let packages = "\(root)/.engine"
        guard FileManager.default.fileExists(atPath: "\(packages)/xllamacpp"),
            FileManager.default.fileExists(atPath: "/usr/bin/python3")
        else { return nil }
        return .wheel(
            python: "/usr/bin/python3", packages: packages,
            runner: "\(root)/engine/llama_runner.py")
    }()

    static let probe: EngineProbe = {
        let client = EngineClient()
        return EngineProbe { engine, address in await client.health(of: engine, at: address) }
    }()
}

/// The real engine with the demo model; `make setup` unpacks it.
@Suite(.timeLimit(.minutes(10)), .enabled(if: LlamaEngine.software != nil))
struct LlamaEngineTests {
    func path(of report: TestReport) throws -> String {
        guard case .unixSocket(let path) = try #require(report.replicas.first).address else {
            throw DeadlinePassed()
        }
        return path
    }

    @Test func `it answers, and comes back after kill -9`() async throws {
        try await withAgent(software: LlamaEngine.software, probe: LlamaEngine.probe) {
            stand, control in
            try await control.send(.run([order("tiny", 1, file: LlamaEngine.model)]))
            try await control.expect { states($0) == ["tiny": .ready] }
            let socket = try path(of: control.newest)
            let first = try process(serving: socket)
            let answer = try chat("Hello", socket: socket)
            #expect(answer.contains("\"completion_tokens\""), "\(answer)")
            #expect(answer.contains("tiny demo model"), "\(answer)")
            #expect(
                try curl(socket, "/v1/embeddings", #"{"input": "hello"}"#).contains("\"embedding\"")
            )

            #expect(kill(first, SIGKILL) == 0)
            try await control.expect { states($0) == ["tiny": .starting] }
            try await control.expect { states($0) == ["tiny": .ready] }
            #expect(stand.starts == 2)
            #expect(try process(serving: socket) != first)
            #expect(try chat("Hello", socket: socket).contains("tiny demo model"))
        }
    }

    @Test func `its context is as long as ordered`() async throws {
        try await withAgent(software: LlamaEngine.software, probe: LlamaEngine.probe) {
            _, control in
            try await control.send(.run([order("tiny", 1, file: LlamaEngine.model)]))
            try await control.expect { states($0) == ["tiny": .ready] }
            let address = try #require(control.newest.replicas.first).address
            #expect(
                await EngineClient().health(of: .llamaCpp, at: address)
                    == .serving(contextLength: 2048, busySlots: 0))
            #expect(control.newest.problems.isEmpty)
        }
    }

    @Test func `a file that is no model is a problem in words`() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("bad.gguf")
            try Data("not a model".utf8).write(to: file)
            try await withAgent(software: LlamaEngine.software, probe: LlamaEngine.probe) {
                _, control in
                try await control.send(.run([order("bad", 1, file: file.path)]))
                try await control.expect(within: .seconds(300)) { report in
                    report.problems["bad"]?.contains("ended 5 times in a minute") == true
                }
            }
        }
    }

    private func chat(_ text: String, socket: String) throws -> String {
        try curl(
            socket, "/v1/chat/completions",
            #"{"messages": [{"role": "user", "content": "\#(text)"}], "temperature": 0}"#)
    }

    private func curl(_ socket: String, _ path: String, _ body: String) throws -> String {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = ["-s", "--unix-socket", socket, "http://engine\(path)", "-d", body]
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        curl.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// The engine's process, found by the socket in its command line.
    private func process(serving socket: String) throws -> Int32 {
        let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
            name -> Int32? in
            guard let id = Int32(name),
                let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline")),
                String(decoding: line, as: UTF8.self).contains("--socket\0\(socket)\0")
            else { return nil }
            return id
        }
        return try #require(found.first)
    }
}
