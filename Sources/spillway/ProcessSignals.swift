import Dispatch
import Glibc

/// SIGINT and SIGTERM as a stream: each element is one request to end. Watched as long as the
/// process lives.
enum ProcessSignals {
    static func requestsToEnd() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        for number in [SIGINT, SIGTERM] {
            // Without this the default action ends the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield()
                // The handler holds its source, which nothing else does.
                withExtendedLifetime(source) {}
            }
            source.resume()
        }
        return stream
    }
}
