import Clusters
import Foundation
import TestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProcessLogTests {
    @Test func `a full file moves aside and is emptied`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("gateway.log").path
            let log = ProcessLog(path: path)
            try Data(repeating: 65, count: 200_000).write(to: URL(fileURLWithPath: path))
            try log.rotate(maximumBytes: 200_000)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 200_000)
            try log.rotate(maximumBytes: 199_999)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".1")).count == 200_000)
        }
    }

    @Test func `the last lines are told, oldest first`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("engine.log").path
            let lines = (1...1000).map { "line \($0)\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
            #expect(ProcessLog(path: path).lastLines(2) == ["line 999", "line 1000"])
            #expect(ProcessLog(path: path + ".none").lastLines(2) == [])
        }
    }
}
