import Glibc
import Synchronization

/// Signals as bytes to read, so that one `poll` waits for all that can happen.
struct Signals {
    /// Readable when a signal has come.
    let descriptor: Int32

    /// Where the handlers write; set once, before the first of them is installed.
    private static let sink = Atomic<Int32>(-1)

    init(_ signals: [Int32]) {
        let pipe = Pipe()
        _ = fcntl(pipe.output, F_SETFL, O_NONBLOCK)
        _ = fcntl(pipe.input, F_SETFL, O_NONBLOCK)
        descriptor = pipe.output
        Self.sink.store(pipe.input, ordering: .releasing)
        for number in signals {
            signal(number) { number in
                let kept = errno
                var byte = UInt8(truncatingIfNeeded: number)
                Glibc.write(Signals.sink.load(ordering: .acquiring), &byte, 1)
                errno = kept
            }
        }
    }

    /// Those that have come since, each once.
    func take() -> Set<Int32> { Set(File.readAll(descriptor).map(Int32.init)) }
}

/// A pipe that no child inherits.
struct Pipe {
    /// The end to read from, and the end to write to.
    let output: Int32
    let input: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, input) = (ends[0], ends[1])
    }
}

enum Descriptors {
    /// Waits until one of them can be read or `limit` has passed; answers which can.
    static func wait(_ descriptors: [Int32], for limit: Duration) -> [Bool] {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let parts = max(limit, .zero).components
        // Up, or it would wake a moment before its time and wait again for nothing.
        let milliseconds =
            parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999)
            / 1_000_000_000_000_000
        let count = poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds))
        return polled.map { count > 0 && $0.revents != 0 }
    }
}
