import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Vocabulary
import Wire

/// Opens connections that are upgraded to ``AttachFrame``s.
enum AttachClient {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    /// The longest head of an answer, in bytes, and the longest body of a refusal.
    private static let maximumHead = 64 << 10

    static func open(_ call: ControlCall, at address: ControlAddress) async throws -> AttachSession
    {
        let (stream, continuation) = AsyncThrowingStream<AttachFrame, any Error>.makeStream()
        let opened = AsyncThrowingStream<NIOAsyncChannelOutboundWriter<ByteBuffer>, any Error>
            .makeStream()
        let channel = try await connect(address)
        let request = request(call, address)
        let task = Task {
            do {
                try await channel.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: request))
                    var iterator = inbound.makeAsyncIterator()
                    var decoder = AttachFrame.Decoder()
                    decoder.append(try await readHead(&iterator))
                    opened.continuation.yield(outbound)
                    while true {
                        while let frame = try decoder.next() { continuation.yield(frame) }
                        guard let bytes = try await iterator.next() else { break }
                        decoder.append(bytes.readableBytesView)
                    }
                }
                continuation.finish()
            } catch {
                opened.continuation.finish(throwing: error)
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        var writers = opened.stream.makeAsyncIterator()
        guard let writer = try await writers.next() else { throw unreachable(address) }
        return AttachSession(
            incoming: stream,
            send: { try await writer.write(ByteBuffer(bytes: $0.bytes)) },
            close: { task.cancel() })
    }

    private static func request(_ call: ControlCall, _ address: ControlAddress) -> String {
        let host = URL(string: address.url)?.host ?? "localhost"
        return "\(call.route.method.rawValue) \(call.target) HTTP/1.1\r\nHost: \(host)\r\n"
            + "Authorization: Bearer \(address.token)\r\nUser-Agent: spillway-command\r\n"
            + "Connection: Upgrade\r\nUpgrade: \(APIRoute.attachProtocol)\r\n\r\n"
    }

    private static func connect(_ address: ControlAddress) async throws -> Channel {
        guard let url = URL(string: address.url), let host = url.host else {
            throw Failure(.invalidRequest, "\(address.url) is not a URL with a host.")
        }
        let isSecure = url.scheme == "https"
        let tls = isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: url.port ?? (isSecure ? 443 : 80)) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            let isNumeric = (try? SocketAddress(ipAddress: host, port: 1)) != nil
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(
                                    context: tls, serverHostname: isNumeric ? nil : host))
                        }
                        return try Channel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw unreachable(address)
        }
    }

    private static func unreachable(_ address: ControlAddress) -> ControlUnreachable {
        ControlUnreachable(
            message: "\(address.url) does not answer. Is 'spillway up' running?")
    }

    /// The bytes that follow the head of a granted upgrade; throws what a refusal says.
    private static func readHead(_ inbound: inout Inbound) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = bytes.firstRange(of: blank) {
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                let rest = Array(bytes[end.upperBound...])
                if head.hasPrefix("HTTP/1.1 101") { return rest }
                throw try await refusal(head, rest, &inbound)
            }
            guard bytes.count < maximumHead, let more = try await inbound.next() else { break }
            bytes += more.readableBytesView
        }
        throw Failure(.unavailable, "The connection was closed before it was upgraded.")
    }

    private static func refusal(
        _ head: String, _ begun: [UInt8], _ inbound: inout Inbound
    ) async throws -> any Error {
        var body = begun
        while body.count < maximumHead {
            if let refusal = try? JSONDecoder().decode(APIErrorBody.self, from: Data(body)) {
                return ControlRefusal(body: refusal)
            }
            guard let more = try await inbound.next() else { break }
            body += more.readableBytesView
        }
        let line = head.split(separator: "\r\n").first.map(String.init) ?? "nothing"
        return Failure(
            .unavailable, "The upgrade was answered with '\(line)'. Is that Spillway's port?")
    }
}
