import Vocabulary

/// What has to be looked at, and when: a binary heap. The same entries put in in the same order
/// come out in the same order.
struct Agenda: Hashable, Codable, Sendable {
    enum Subject: Hashable, Codable, Sendable {
        case lease(LeaseID)
        case node(Int)
        case pool(PoolName)
        case order(OrderID)
        case market(PoolName)
    }

    private struct Entry: Hashable, Codable, Sendable {
        let at: Instant
        let number: Int
        let subject: Subject

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.number) < (right.at, right.number)
        }
    }

    private var entries: [Entry] = []
    private var number = 0

    /// When the next thing is due.
    var next: Instant? { entries.first?.at }

    mutating func add(_ subject: Subject, at instant: Instant) {
        number += 1
        entries.append(Entry(at: instant, number: number, subject: subject))
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the first that is due at `now`, with its time.
    mutating func take(at now: Instant) -> (subject: Subject, at: Instant)? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.subject, first.at)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child] < entries[least] {
                least = child
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
