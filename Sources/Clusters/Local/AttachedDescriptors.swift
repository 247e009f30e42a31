import CapacityPath
import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// Descriptors as an ``Attachment``: read when somebody asks, on a thread of their own, so that
/// whoever does not read is not read for.
enum AttachedDescriptors {
    private static let endOfInput: [UInt8] = [4]

    /// A program with its ends of pipes, or of a terminal.
    static func attachment(
        process: pid_t, input: Int32, output: Int32, isTerminal: Bool
    ) -> Attachment {
        let exit = Completion<Int32>()
        let queue = DispatchQueue(label: "spillway.attached")
        queue.async { exit.complete(Spawn.wait(process)) }
        let writer = Writer(input)
        return Attachment(
            output: stream(output),
            send: { await writer.send($0) },
            finishInput: {
                if isTerminal { await writer.send(endOfInput) } else { await writer.close() }
            },
            resize: { size in
                guard isTerminal else { return }
                await writer.finish { PseudoTerminal.resize($0, to: size) }
            },
            close: {
                // A program that has ended has left its process group.
                if exit.value == nil { kill(-process, SIGKILL) }
                await writer.close()
            },
            exitCode: { await exit.wait() })
    }

    static func attachment(socket: Int32) -> Attachment {
        let writer = Writer(dup(socket))
        return Attachment(
            output: stream(socket),
            send: { await writer.send($0) },
            finishInput: { await writer.finish { shutdown($0, Int32(SHUT_WR)) } },
            close: {
                await writer.finish { shutdown($0, Int32(SHUT_RDWR)) }
                await writer.close()
            },
            exitCode: { 0 })
    }

    /// Closes the descriptor at its end.
    private static func stream(_ descriptor: Int32) -> AsyncStream<[UInt8]> {
        let queue = DispatchQueue(label: "spillway.attached.read")
        let open = Owner(descriptor)
        return AsyncStream {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: open.read()) }
            }
        }
    }

    private final class Owner: Sendable {
        private let descriptor: Int32

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        deinit { Glibc.close(descriptor) }

        /// nil at the end; a terminal whose program has ended fails instead.
        func read() -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                return count > 0 ? Array(buffer[..<count]) : nil
            }
        }
    }

    private final class Writer: Sendable {
        private let queue = DispatchQueue(label: "spillway.attached.write")
        private let descriptor: Mutex<Int32>

        init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

        deinit { descriptor.withLock { if $0 >= 0 { Glibc.close($0) } } }

        /// Bytes for a program that has ended are dropped.
        func send(_ bytes: [UInt8]) async {
            await finish { try? Descriptors.writeAll(bytes, to: $0) }
        }

        func close() async {
            await withCheckedContinuation { continuation in
                queue.async {
                    self.descriptor.withLock {
                        if $0 >= 0 { Glibc.close($0) }
                        $0 = -1
                    }
                    continuation.resume()
                }
            }
        }

        func finish(_ act: @escaping @Sendable (Int32) -> Void) async {
            await withCheckedContinuation { continuation in
                queue.async {
                    let open = self.descriptor.withLock { $0 }
                    if open >= 0 { act(open) }
                    continuation.resume()
                }
            }
        }
    }
}

/// A value that comes once, and those who wait for it.
final class Completion<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    var value: Value? { state.withLock { $0.value } }

    func complete(_ value: Value) {
        let waiting = state.withLock { state in
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state in
                if state.value == nil { state.waiting.append(continuation) }
                return state.value
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
