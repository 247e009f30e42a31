import Fleet
import Glibc
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// What no engine was ever sent is no usage: it leaves nothing in the journal, and nothing held.
@Suite(.timeLimit(.minutes(10)))
struct UnreachedEngineTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    @Test(arguments: [false, true])
    func `a client that leaves before there is a connection`(streaming: Bool) async throws {
        let deaf = try DeafListener()
        defer { deaf.close() }
        try await GatewayStand.run(
            answer: Self.plain, limits: { $0.connectWait = .seconds(60) },
            snapshot: {
                $0.replicas[0].address = .tcp(host: "127.0.0.1", port: deaf.port, tls: false)
            },
            { stand in
                let client = try await stand.client()
                try await client.send(GatewayStand.chatRequest(streaming: streaming))
                try await eventually("it is on a replica") { stand.control.inFlight == 1 }
                await client.close()
                try await stand.expectNothingHeld()
                try Self.expectNoTrace(in: stand)
            })
    }

    @Test(arguments: [false, true])
    func `an engine that refuses connections`(streaming: Bool) async throws {
        try await GatewayStand.run(
            answer: Self.plain, snapshot: { $0.replicas[0].address = .unixSocket(path: "/none") }
        ) { stand in
            let answer = try await stand.chat(streaming: streaming)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            try await stand.expectNothingHeld()
            try Self.expectNoTrace(in: stand)
        }
    }

    private static func expectNoTrace(in stand: GatewayStand) throws {
        #expect(try stand.settled().isEmpty)
        #expect(try !stand.records().contains { if case .opened = $0 { true } else { false } })
    }

    /// A port whose queue of connections is full: who connects waits.
    private struct DeafListener {
        let port: Int
        private let descriptors: [Int32]

        init() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            var descriptors = [listener]
            let isListening = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    guard bind(listener, name, length) == 0, listen(listener, 0) == 0,
                        getsockname(listener, name, &length) == 0
                    else { return false }
                    for _ in 0..<4 {
                        let filler = socket(
                            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                        descriptors.append(filler)
                        _ = connect(filler, name, length)
                    }
                    return true
                }
            }
            try #require(isListening)
            self.port = Int(UInt16(bigEndian: address.sin_port))
            self.descriptors = descriptors
        }

        func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
    }
}
