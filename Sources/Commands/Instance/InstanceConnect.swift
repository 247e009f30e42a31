import ArgumentParser
import NIOCore
import NIOPosix
import Vocabulary
import Wire

struct InstanceConnect: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Reach a port in an instance from here, until Ctrl-C.",
        discussion: """
            Listens on 127.0.0.1 and carries every connection to the port there.

            Example:
              spillway instance connect ins_01jd3v9w0k8m2c4e6g8j0p2r4t 8888:18888
            """)

    /// `8888`, or `8888:18888` with the port here behind it.
    struct Ports: ExpressibleByArgument, Hashable, Sendable {
        let there: UInt16
        let here: UInt16

        init?(argument: String) {
            let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let there = UInt16(parts[0]), there > 0,
                let here = UInt16(parts[parts.count - 1])
            else { return nil }
            self.there = there
            self.here = here
        }
    }

    @Argument(help: "The instance's id.")
    var instance: InstanceID

    @Argument(
        help: ArgumentHelp(
            "The port there, and the port here if it differs; 0 takes a free one.",
            valueName: "PORT[:LOCAL]"))
    var ports: Ports

    @Option(help: ArgumentHelp("The node of the gang, from 0.", valueName: "number"))
    var rank: Int?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .instanceAttach, path: APIRoute.instanceAttach.path("\(instance)"),
            query: ["port": ports.there, "rank": rank])
        let address = try findAddress()
        // Is there such an instance? Asked before anybody connects.
        let _: OrderBody = try await ask(
            ControlCall(.instanceShow, path: APIRoute.instanceShow.path("\(instance)")))
        let environment = self.environment
        let forwarder = PortForwarder(
            open: { try await environment.rental.attach(address, call) },
            problem: { environment.errorOutput("error: " + $0) })
        let interrupts = environment.rental.interrupts()
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await forwarder.run(port: Int(ports.here)) { port in
                    environment.output(
                        "127.0.0.1:\(port) is port \(ports.there) of \(instance). Ctrl-C ends it.")
                }
            }
            group.addTask { for await _ in interrupts { break } }
            try await group.next()
            group.cancelAll()
        }
    }
}

/// Listens on loopback and carries each connection over an attach session of its own.
struct PortForwarder: Sendable {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let open: @Sendable () async throws -> AttachSession
    let problem: @Sendable (String) -> Void

    /// Serves until the task is cancelled. `listening` is told the port.
    func run(port: Int, listening: @escaping @Sendable (Int) -> Void) async throws {
        let server: NIOAsyncChannel<Channel, Never>
        do {
            server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                // Who has said all may still be waiting for the answer.
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Channel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Failure(
                .unavailable,
                "Port \(port) on 127.0.0.1 is taken. Choose another one: PORT:LOCAL.")
        }
        listening(server.channel.localAddress?.port ?? port)
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await carry(connection) }
                }
            }
        }
    }

    private func carry(_ connection: Channel) async {
        do {
            let session = try await open()
            try await connection.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        for try await bytes in inbound {
                            try await session.send(.data(Array(bytes.readableBytesView)))
                        }
                        try await session.send(.end)
                        // The other direction may still have something to say.
                        try await Task.sleep(for: .seconds(Int64(Int32.max)))
                    }
                    group.addTask {
                        for try await frame in session.incoming {
                            switch frame {
                            case .data(let bytes):
                                try await outbound.write(ByteBuffer(bytes: bytes))
                            case .end, .exit: return
                            case .resize: break
                            }
                        }
                    }
                    try await group.next()
                    group.cancelAll()
                }
            }
            await session.close()
        } catch is CancellationError {
        } catch let refusal as ControlRefusal {
            problem(refusal.body.error.message)
            try? await connection.channel.close()
        } catch {
            problem("a connection was cut")
            try? await connection.channel.close()
        }
    }
}
