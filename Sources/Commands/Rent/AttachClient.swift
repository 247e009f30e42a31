import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Vocabulary
import Wire

/// Opens connections that are upgraded to ``AttachFrame``s.
enum AttachClient {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

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
                    var answer = UpgradeAnswer()
                    var decoder = AttachFrame.Decoder()
                    for try await bytes in inbound {
                        if answer.isGranted {
                            decoder.append(bytes.readableBytesView)
                        } else if let rest = try answer.take(bytes.readableBytesView) {
                            decoder.append(rest)
                            opened.continuation.yield(outbound)
                        }
                        while let frame = try decoder.next() { continuation.yield(frame) }
                    }
                    if !answer.isGranted { throw answer.failure }
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
}

/// The answer to a request for an upgrade, as its bytes come.
private struct UpgradeAnswer {
    /// The longest head and refusal, in bytes.
    private static let maximum = 64 << 10

    private(set) var isGranted = false
    private var bytes: [UInt8] = []

    /// The bytes that follow the head of a granted upgrade; nil until it is granted. Throws what a
    /// refusal says.
    mutating func take(_ more: some Sequence<UInt8>) throws -> [UInt8]? {
        bytes += more
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if bytes.count > Self.maximum { throw failure }
            return nil
        }
        let rest = Array(bytes[end.upperBound...])
        if bytes.starts(with: "HTTP/1.1 101".utf8) {
            isGranted = true
            return rest
        }
        if let refusal = try? JSONDecoder().decode(APIErrorBody.self, from: Data(rest)) {
            throw ControlRefusal(body: refusal)
        }
        if bytes.count > Self.maximum { throw failure }
        return nil
    }

    /// What is to be said where the connection ended before.
    var failure: Failure {
        let line = String(decoding: bytes.prefix { $0 != 0x0D }.prefix(100), as: UTF8.self)
        return Failure(
            .unavailable,
            line.isEmpty
                ? "The connection was closed before it was upgraded."
                : "The upgrade was answered with '\(line)'. Is that Spillway's port?")
    }
}
