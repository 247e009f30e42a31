import Synchronization
import Vocabulary

/// How many long bodies are taken in at a time: each is in memory, more than once, until it is
/// written down.
final class UploadPlaces: Sendable {
    /// A body that may be longer than this has to have a place.
    static let shortBody = 32 << 20
    private static let places = 8
    /// One project must not keep the others out.
    private static let placesEach = 2

    private let taken = Mutex<[String: Int]>([:])

    /// False if there is none now; one that was taken is given back by ``leave(_:)``.
    func enter(_ project: String) -> Bool {
        taken.withLock { taken in
            guard taken.values.reduce(0, +) < Self.places,
                taken[project, default: 0] < Self.placesEach
            else { return false }
            taken[project, default: 0] += 1
            return true
        }
    }

    func leave(_ project: String) {
        taken.withLock { taken in
            let left = taken[project, default: 1] - 1
            taken[project] = left > 0 ? left : nil
        }
    }

    static let failure = Failure(
        .overloaded, "As many uploads as are taken at a time are under way. Try again in a moment.",
        retry: .after(.seconds(2)))
}
