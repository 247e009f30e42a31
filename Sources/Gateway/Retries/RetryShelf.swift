import RequestPath
import Synchronization
import Vocabulary

/// The requests that may come again, as all event loops share them: a retry may come over another
/// connection, on another loop. Its lock is held for some 100 ns at a time.
final class RetryShelf: Sendable {
    private let book: Mutex<RetryBook<ConnectionTicket, KeptAnswer>>

    init(maximumBytes: Int) { book = Mutex(RetryBook(maximumBytes: maximumBytes)) }

    var keptBytes: Int { book.withLock { $0.keptBytes } }
    /// Names that are known now.
    var count: Int { book.withLock { $0.count } }

    func begin(
        _ name: RetryName, _ digest: RequestDigest, by request: RequestID,
        waiter: ConnectionTicket, at now: Int64
    ) -> RetryBook<ConnectionTicket, KeptAnswer>.Decision {
        book.withLock { $0.begin(name, digest, by: request, waiter: waiter, at: now) }
    }

    func answered(
        _ name: RetryName, by request: RequestID, _ answer: KeptAnswer, until: Int64
    ) {
        let ending = book.withLock {
            $0.answered(name, by: request, answer, bytes: answer.cost, until: until)
        }
        for waiter in ending.replays { waiter.resume(.answer(answer)) }
    }

    func failed(_ name: RetryName, by request: RequestID) {
        tell(book.withLock { $0.failed(name, by: request) }, name)
    }

    func left(_ name: RetryName, _ request: RequestID) {
        tell(book.withLock { $0.left(name, request) }, name)
    }

    func isAwaited(_ name: RetryName, by request: RequestID) -> Bool {
        book.withLock { $0.isAwaited(name, by: request) }
    }

    func keep(_ name: RetryName, _ answer: KeptAnswer, until: Int64) {
        book.withLock { $0.keep(name, answer, bytes: answer.cost, until: until) }
    }

    func take(_ name: RetryName, at now: Int64) -> KeptAnswer? {
        book.withLock { $0.take(name, at: now) }
    }

    func expire(at now: Int64) { book.withLock { $0.expire(at: now) } }

    private func tell(_ ending: RetryBook<ConnectionTicket, KeptAnswer>.Ending, _ name: RetryName) {
        ending.runs?.resume(.firstFailed)
    }
}
