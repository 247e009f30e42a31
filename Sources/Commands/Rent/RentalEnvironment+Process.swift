import Dispatch
import Foundation
import Vocabulary

extension RentalEnvironment {
    /// This process: its files, its terminal and its network.
    package static let process = RentalEnvironment(
        readBytes: { path in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Failure(
                    .notFound, "\(path) cannot be read. Check the path and its rights.")
            }
            return Array(data)
        },
        writeBytes: { path, bytes in
            do {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
            } catch {
                throw Failure(
                    .forbidden, "\(path) cannot be written. Check its directory and rights.")
            }
        },
        outputBytes: { FileHandle.standardOutput.write(Data($0)) },
        pause: { try await Task.sleep(for: $0) },
        interrupts: { Signals.stream(SIGINT) },
        standardInput: { StandardInput.stream() },
        terminal: StandardInput.terminal(),
        attach: { address, call in try await AttachClient.open(call, at: address) })
}

/// A signal as a stream; the process no longer ends by it.
private enum Signals {
    static func stream(_ number: Int32) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        // Without this the default action ends the process before the source sees the signal.
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            continuation.yield()
            // The handler holds its source, which nothing else does.
            withExtendedLifetime(source) {}
        }
        source.resume()
        return stream
    }
}

private enum StandardInput {
    private static let pieceBytes = 32 << 10

    /// Read on a thread of its own: a read from a terminal waits for a person.
    static func stream() -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let thread = Thread {
            var piece = [UInt8](repeating: 0, count: pieceBytes)
            while true {
                let count = read(STDIN_FILENO, &piece, piece.count)
                if count > 0 {
                    continuation.yield(Array(piece[..<count]))
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
            continuation.finish()
        }
        thread.start()
        return stream
    }

    private static func window() -> InteractiveTerminal.Window? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return nil }
        return InteractiveTerminal.Window(columns: size.ws_col, rows: size.ws_row)
    }

    private static func resizes() -> AsyncStream<InteractiveTerminal.Window> {
        let signals = Signals.stream(SIGWINCH)
        return AsyncStream {
            for await _ in signals {
                if let window = window() { return window }
            }
            return nil
        }
    }

    static func terminal() -> InteractiveTerminal? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let window = window()
        else { return nil }
        return InteractiveTerminal(
            columns: Int(window.columns), rows: Int(window.rows), resizes: { resizes() }
        ) {
            var before = termios()
            tcgetattr(STDIN_FILENO, &before)
            var raw = before
            cfmakeraw(&raw)
            tcsetattr(STDIN_FILENO, TCSANOW, &raw)
            let restored = before
            return {
                var restored = restored
                tcsetattr(STDIN_FILENO, TCSANOW, &restored)
            }
        }
    }
}
