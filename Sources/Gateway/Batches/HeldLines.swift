import Synchronization
import Vocabulary

/// Which lines of batches this gateway holds, or has ended without that being on stable storage:
/// what control is told when the link is made anew. What is not in here it lends again.
final class HeldLines: Sendable {
    private let lines = Mutex<Set<BatchLine>>([])

    func add(_ new: [BatchLine]) { lines.withLock { $0.formUnion(new) } }
    func remove(_ old: [BatchLine]) { lines.withLock { $0.subtract(old) } }
    var all: [BatchLine] { lines.withLock { Array($0) } }
}
