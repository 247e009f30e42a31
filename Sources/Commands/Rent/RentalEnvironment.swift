import Vocabulary
package import Wire

/// What commands about rented capacity meet of the world beyond the rest: bytes, waiting, Ctrl-C
/// and connections that stay open.
package struct RentalEnvironment: Sendable {
    package var readBytes: @Sendable (String) throws -> [UInt8]
    package var writeBytes: @Sendable (String, [UInt8]) throws -> Void
    /// To standard output, as they are; nil: as text through the environment's output.
    package var outputBytes: (@Sendable ([UInt8]) -> Void)?
    package var pause: @Sendable (Duration) async throws -> Void
    /// An element for each Ctrl-C from now on.
    package var interrupts: @Sendable () -> AsyncStream<Void>
    /// What is typed or piped in, until its end.
    package var standardInput: @Sendable () -> AsyncStream<[UInt8]>
    /// The terminal, if standard input is one.
    package var terminal: InteractiveTerminal?
    package var attach: @Sendable (ControlAddress, ControlCall) async throws -> AttachSession

    package init(
        readBytes: @escaping @Sendable (String) throws -> [UInt8] = { path in
            throw Failure(.notFound, "\(path) cannot be read.")
        },
        writeBytes: @escaping @Sendable (String, [UInt8]) throws -> Void = { path, _ in
            throw Failure(.forbidden, "\(path) cannot be written.")
        },
        outputBytes: (@Sendable ([UInt8]) -> Void)? = nil,
        pause: @escaping @Sendable (Duration) async throws -> Void = { _ in },
        interrupts: @escaping @Sendable () -> AsyncStream<Void> = { AsyncStream { _ in } },
        standardInput: @escaping @Sendable () -> AsyncStream<[UInt8]> = {
            AsyncStream { $0.finish() }
        },
        terminal: InteractiveTerminal? = nil,
        attach: @escaping @Sendable (ControlAddress, ControlCall) async throws -> AttachSession = {
            address, _ in
            throw ControlUnreachable(message: "\(address.url) does not answer.")
        }
    ) {
        self.readBytes = readBytes
        self.writeBytes = writeBytes
        self.outputBytes = outputBytes
        self.pause = pause
        self.interrupts = interrupts
        self.standardInput = standardInput
        self.terminal = terminal
        self.attach = attach
    }
}

/// A terminal that a person sits at.
package struct InteractiveTerminal: Sendable {
    package struct Window: Hashable, Sendable {
        package var columns: UInt16
        package var rows: UInt16

        package init(columns: UInt16, rows: UInt16) {
            self.columns = columns
            self.rows = rows
        }
    }

    package var columns: Int
    package var rows: Int
    /// Passes every key on as it is pressed; gives the way back.
    package var enterRawMode: @Sendable () -> @Sendable () -> Void
    /// An element whenever its size changes from now on.
    package var resizes: @Sendable () -> AsyncStream<Window>

    package init(
        columns: Int, rows: Int,
        resizes: @escaping @Sendable () -> AsyncStream<Window> = { AsyncStream { $0.finish() } },
        enterRawMode: @escaping @Sendable () -> @Sendable () -> Void
    ) {
        self.columns = columns
        self.rows = rows
        self.resizes = resizes
        self.enterRawMode = enterRawMode
    }
}

/// A connection that was upgraded to ``AttachFrame``s.
package struct AttachSession: Sendable {
    /// Ends when the other side has closed.
    package let incoming: AsyncThrowingStream<AttachFrame, any Error>
    package let send: @Sendable (AttachFrame) async throws -> Void
    package let close: @Sendable () async -> Void

    package init(
        incoming: AsyncThrowingStream<AttachFrame, any Error>,
        send: @escaping @Sendable (AttachFrame) async throws -> Void,
        close: @escaping @Sendable () async -> Void
    ) {
        self.incoming = incoming
        self.send = send
        self.close = close
    }
}
