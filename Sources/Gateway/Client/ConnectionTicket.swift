import Fleet
import NIOCore

/// A way back to one request of one connection from any thread: hops to the connection's event loop
/// and does nothing if that request has ended meanwhile.
struct ConnectionTicket: Sendable {
    /// What a waiting request is told.
    enum News: Sendable {
        /// Decide on admission again: money may have come, or has not within the time.
        case money
        case place(ReplicaSnapshot, in: ModelPool)
        case queueExpired
        /// An attempt before it has been answered.
        case answer(KeptAnswer)
        /// An attempt before it has failed.
        case firstFailed
        /// An interactive request needs what a batch's line uses.
        case yield
    }

    let connection: NIOLoopBound<ClientConnection>
    /// Counts the connection's requests.
    let request: Int64

    func isSame(as other: ConnectionTicket) -> Bool {
        request == other.request && connection.value === other.connection.value
    }

    func resume(_ news: News) {
        let ticket = self
        if connection.eventLoop.inEventLoop {
            connection.value.resume(news, ticket: ticket)
        } else {
            connection.eventLoop.execute { ticket.connection.value.resume(news, ticket: ticket) }
        }
    }
}
