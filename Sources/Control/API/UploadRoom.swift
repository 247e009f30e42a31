import Synchronization
import Vocabulary

/// How many bytes of long bodies are taken in at a time: each is in memory, more than once, until
/// it is written down.
final class UploadRoom: Sendable {
    /// A body that is no longer than this needs no room.
    static let shortBody = 1 << 20
    private static let bytes = 512 << 20
    /// One project must not keep the others out.
    private static let bytesEach = 128 << 20

    private let taken = Mutex<[String: Int]>([:])

    /// False if there is no room for so many bytes now; what was taken is given back by
    /// ``leave(_:_:)``.
    func enter(_ project: String, _ bytes: Int) -> Bool {
        guard bytes > Self.shortBody else { return true }
        return taken.withLock { taken in
            guard taken.values.reduce(bytes, +) <= Self.bytes,
                taken[project, default: 0] + bytes <= Self.bytesEach
            else { return false }
            taken[project, default: 0] += bytes
            return true
        }
    }

    func leave(_ project: String, _ bytes: Int) {
        guard bytes > Self.shortBody else { return }
        taken.withLock { taken in
            let left = taken[project, default: bytes] - bytes
            taken[project] = left > 0 ? left : nil
        }
    }

    static let failure = Failure(
        .overloaded, "As many uploads as are taken at a time are under way. Try again in a moment.",
        retry: .after(.seconds(2)))
}
