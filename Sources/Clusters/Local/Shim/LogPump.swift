import Glibc
import Vocabulary

/// Carries what the work prints into its log, up to a limit; what comes after that is read and
/// dropped, so that the work neither waits nor fills the disk.
struct LogPump {
    private let source: Int32
    private let log: Int32
    private var room: Int64
    private(set) var hasEnded = false

    /// Owns both descriptors.
    init(source: Int32, log: Int32, limit: Int64) {
        self.source = source
        self.log = log
        room = limit
        Descriptors.setNonBlocking(source)
    }

    var descriptor: Int32 { hasEnded ? -1 : source }

    /// Takes what is there now.
    mutating func pump() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !hasEnded {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                hasEnded = true
                return
            }
            keep(buffer[..<count])
            if count < buffer.count { return }
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard room > 0 else { return }
        let kept = bytes.prefix(Int(clamping: room))
        room -= Int64(kept.count)
        if (try? Descriptors.writeAll(kept, to: log)) == nil { room = 0 }
        if room == 0 {
            let text = "\n[spillway: the log is full; what the work prints from here on is lost]\n"
            try? Descriptors.writeAll(text.utf8, to: log)
        }
    }

    /// A word of ours to whoever reads the log.
    func say(_ text: String) {
        try? Descriptors.writeAll("[spillway: \(text)]\n".utf8, to: log)
    }
}
