import Foundation
import Glibc
import TestKit
import Testing

@testable import Clusters

@Suite(.timeLimit(.minutes(10)))
struct SpawnTests {
    @Test func `descriptors come where they are to be, also where they change places`() throws {
        let (output, theirs) = try Descriptors.pipe()
        let first = try Descriptors.pipe()
        let second = try Descriptors.pipe()
        try Descriptors.writeAll("first".utf8, to: first.write)
        try Descriptors.writeAll("second".utf8, to: second.write)
        for end in [first.write, second.write] { close(end) }
        let script = "cat <&$0; cat <&$1; ls /proc/self/fd | wc -w"
        let process = try Spawn.start(
            ["bash", "-c", script, "\(first.read)", "\(second.read)"],
            descriptors: [1: theirs, first.read: second.read, second.read: first.read])
        for end in [theirs, first.read, second.read] { close(end) }
        defer { close(output) }
        // 0, 1, 2, the two, and what ls opens.
        let text = String(decoding: try Descriptors.readAll(output, limit: 1000), as: UTF8.self)
        #expect(text == "secondfirst6\n")
        #expect(Spawn.wait(process) == 0)
    }

    @Test func `what other threads open meanwhile does not come along`() throws {
        let others = Task {
            while !Task.isCancelled {
                let strays = (0..<400).map { _ in open("/dev/null", O_RDONLY) }
                for stray in strays { close(stray) }
                await Task.yield()
            }
        }
        defer { others.cancel() }
        for _ in 0..<100 {
            // 0, 1, 2 and what ls opens.
            let seen = try Spawn.run(["ls", "/proc/self/fd"])
            #expect(String(decoding: seen, as: UTF8.self) == "0\n1\n2\n3\n")
        }
    }
}
