import Control
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

/// The customers' socket as a gateway meets it.
@Suite(.timeLimit(.minutes(10))) struct CustomerPortTests {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func serving(
        _ desk: FakeCapacityDesk, _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let said = WarningLog()
        try await withTemporaryDirectory { directory in
            let socket = directory.path + "/customers.sock"
            let port = CustomerPort(
                api: CustomerAPI(
                    compute: ComputeAPI(desk: desk),
                    resources: ResourceAPI(desk: FakeResourceDesk())), socket: socket,
                clock: WallClock { .noon }, random: .system,
                logger: Logger(label: "test") { _ in said })
            let (ready, continuation) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup { group in
                group.addTask { try await port.run { continuation.yield() } }
                var iterator = ready.makeAsyncIterator()
                _ = await iterator.next()
                try await body(socket)
                group.cancelAll()
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) {
                        throw error
                    }
                }
            }
        }
        // A server that is ended says nothing about it.
        #expect(said.lines == [])
    }

    /// Keeps warnings and errors.
    private final class WarningLog: LogHandler {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        var logLevel: Logger.Level {
            get { .warning }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) { kept.withLock { $0.append("\(event.message)") } }
    }

    /// Sends texts one after the other, each when what was awaited before it has come, and gives
    /// all that came back until the end.
    private func converse(
        _ socket: String, _ steps: [(send: [UInt8], awaits: String?)]
    ) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var received: [UInt8] = []
            var iterator = inbound.makeAsyncIterator()
            for step in steps {
                try await outbound.write(ByteBuffer(bytes: step.send))
                guard let awaited = step.awaits else { continue }
                while received.firstRange(of: Array(awaited.utf8)) == nil,
                    let more = try await iterator.next()
                {
                    received += more.readableBytesView
                }
            }
            while let more = try await iterator.next() { received += more.readableBytesView }
            return received
        }
    }

    private static func head(_ line: String, _ extra: String = "Connection: close\r\n") -> [UInt8] {
        let customer = FakeCapacityDesk.customer
        return Array(
            ("\(line) HTTP/1.1\r\nHost: control\r\n\(extra)"
                + "\(CustomerHeader.organization): \(customer.organization)\r\n"
                + "\(CustomerHeader.project): \(customer.project)\r\n"
                + "\(CustomerHeader.key): \(customer.key)\r\n\r\n").utf8)
    }

    private static let upgrade = "Connection: Upgrade\r\nUpgrade: spillway-attach\r\n"

    @Test func `the socket is for our own user alone, and answers`() async throws {
        let desk = FakeCapacityDesk()
        try await serving(desk) { socket in
            let mode =
                try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let answer = try await converse(socket, [(Self.head("GET /v1/terms"), nil)])
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(text.contains(#""class":"spot""#))
        }
    }

    @Test func `a followed log comes in chunks`() async throws {
        let desk = FakeCapacityDesk()
        desk.state.withLock { state in
            state.log = Array("done\n".utf8)
            state.logIsComplete = true
        }
        try await serving(desk) { socket in
            let answer = try await converse(
                socket,
                [(Self.head("GET /v1/jobs/\(FakeCapacityDesk.job)/log?follow=true"), nil)])
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.lowercased().contains("transfer-encoding: chunked"))
            #expect(text.contains("done\n"))
        }
    }

    @Test func `an attached connection carries frames, then the exit code`() async throws {
        let desk = FakeCapacityDesk()
        try await serving(desk) { socket in
            let path = "/v1/instances/\(FakeCapacityDesk.instance)/attach"
            let query = "?command=%5B%22cat%22%5D&columns=80&rows=24"
            let answer = try await converse(
                socket,
                [
                    (Self.head("GET \(path)\(query)", Self.upgrade), "\r\n\r\n"),
                    (AttachFrame.data(Array("hello".utf8)).bytes, "hello"),
                    (AttachFrame.resize(columns: 300, rows: 2).bytes, "300x2"),
                    (AttachFrame.end.bytes, nil),
                ])
            let end = try #require(answer.firstRange(of: Array("\r\n\r\n".utf8)))
            let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
            #expect(head.hasPrefix("HTTP/1.1 101"))
            var decoder = AttachFrame.Decoder()
            decoder.append(answer[end.upperBound...])
            #expect(try decoder.next() == .data(Array("hello".utf8)))
            #expect(try decoder.next() == .data(Array("300x2".utf8)))
            #expect(try decoder.next() == .exit(7))
            #expect(try decoder.next() == nil)
            #expect(desk.asked.count == 1)
            #expect(desk.asked[0].contains("cat") && desk.asked[0].contains("80"))
        }
    }

    @Test(arguments: [
        "", "?port=0", "?port=80&command=%5B%22a%22%5D", "?command=ls", "?port=80&rows=2",
    ])
    func `an attachment of the wrong form is refused before the upgrade`(query: String) async throws
    {
        try await serving(FakeCapacityDesk()) { socket in
            let path = "/v1/instances/\(FakeCapacityDesk.instance)/attach"
            let answer = try await converse(
                socket, [(Self.head("GET \(path)\(query)", Self.upgrade), nil)])
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 400"))
        }
    }
}
