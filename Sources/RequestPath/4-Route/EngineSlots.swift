package import Vocabulary

/// Which of its engine's slots a request runs in, and whether it may use what the slot still has of
/// the prompt before. In llama.cpp's server the prefix cache lives in slots, and whose prompt finds
/// its beginning there is faster and is told so: so nobody is let into what another organization
/// has left behind.
///
/// Times are nanoseconds of the monotonic clock.
package struct EngineSlots: Sendable {
    package struct Use: Hashable, Sendable {
        /// nil: the engine chooses.
        package var slot: Int?
        /// Whether what the slot has may be used.
        package var mayRead: Bool

        package init(slot: Int?, mayRead: Bool) {
            self.slot = slot
            self.mayRead = mayRead
        }
    }

    private struct Slot: Sendable {
        /// Whose prompt it has; nil: nobody knows.
        var tenant: OrganizationID?
        /// How that request's body began.
        var opening: [UInt8] = []
        var user: RequestID?
        /// The number of the request that took it last.
        var lastTaken: Int64 = 0
        /// Until then a request that broke off may still come into it.
        var restlessUntil: Int64 = .min
        /// Whether what its user leaves behind is surely its user's.
        var isTrusted = false
    }

    /// Bytes of a body that are kept to find the slot with the likest prompt.
    package static let openingBytes = 4096
    /// How long an engine may take to notice that a request has broken off, and more.
    package static let restNanoseconds: Int64 = 5_000_000_000

    private var slots: [Slot]
    /// Requests for which the engine chooses the slots.
    private var scattered: Set<RequestID> = []
    private var restlessUntil: Int64 = .min
    private var taken: Int64 = 0

    package init(count: Int) { slots = Array(repeating: Slot(), count: max(0, count)) }

    /// - Parameters:
    ///   - opening: How the body begins, at most ``openingBytes`` of it.
    ///   - scatters: Whether the engine puts it into several slots, or into one of its own choice.
    package mutating func take(
        _ request: RequestID, for tenant: OrganizationID, opening: [UInt8], scatters: Bool,
        at now: Int64
    ) -> Use {
        taken += 1
        guard !scatters, let index = choose(tenant, opening, at: now) else {
            scattered.insert(request)
            forget()
            return Use(slot: nil, mayRead: false)
        }
        let isTrusted =
            scattered.isEmpty && now >= restlessUntil && now >= slots[index].restlessUntil
        let mayRead = isTrusted && slots[index].tenant == tenant
        slots[index].tenant = isTrusted ? tenant : nil
        slots[index].opening = opening
        slots[index].user = request
        slots[index].lastTaken = taken
        slots[index].isTrusted = isTrusted
        return Use(slot: index, mayRead: mayRead)
    }

    /// - Parameter wasServed: Whether the engine has answered it, at least in part: then its slot
    ///   has its prompt, and it will not come into a slot any more.
    package mutating func end(_ request: RequestID, wasServed: Bool, at now: Int64) {
        if scattered.remove(request) != nil {
            forget()
            if !wasServed { restlessUntil = now + Self.restNanoseconds }
        } else if let index = slots.firstIndex(where: { $0.user == request }) {
            slots[index].user = nil
            if !wasServed { slots[index].restlessUntil = now + Self.restNanoseconds }
            if !wasServed || !slots[index].isTrusted || !scattered.isEmpty {
                slots[index].tenant = nil
            }
        }
    }

    private mutating func forget() {
        for index in slots.indices {
            slots[index].tenant = nil
            slots[index].isTrusted = false
        }
    }

    /// The free slot with this tenant's likest prompt; where none is like it, the one that has been
    /// idle longest.
    private func choose(_ tenant: OrganizationID, _ opening: [UInt8], at now: Int64) -> Int? {
        var best: (index: Int, common: Int)?
        var oldest: Int?
        for (index, slot) in slots.enumerated() where slot.user == nil {
            if slot.tenant == tenant {
                let common = Self.common(slot.opening, opening)
                if 2 * common >= min(slot.opening.count, opening.count),
                    best.map({ $0.common < common }) ?? true
                {
                    best = (index, common)
                }
            }
            if let other = oldest, !isOlder(slot, than: slots[other], at: now) { continue }
            oldest = index
        }
        return best?.index ?? oldest
    }

    private func isOlder(_ slot: Slot, than other: Slot, at now: Int64) -> Bool {
        let (rests, otherRests) = (now < slot.restlessUntil, now < other.restlessUntil)
        return rests == otherRests ? slot.lastTaken < other.lastTaken : otherRests
    }

    private static func common(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var count = 0
        let limit = min(left.count, right.count)
        while count < limit, left[count] == right[count] { count += 1 }
        return count
    }
}
