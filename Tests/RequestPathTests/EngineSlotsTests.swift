import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct EngineSlotsTests {
    private static let one = OrganizationID(high: 1, low: 1)
    private static let other = OrganizationID(high: 1, low: 2)
    private static let later = EngineSlots.restNanoseconds

    private func request(_ number: UInt64) -> RequestID { RequestID(high: 9, low: number) }

    /// Runs one request to its end.
    private func serve(
        _ slots: inout EngineSlots, _ number: UInt64, _ tenant: OrganizationID, _ text: String,
        scatters: Bool = false, wasServed: Bool = true, at now: Int64 = 0
    ) -> EngineSlots.Use {
        let use = slots.take(
            request(number), for: tenant, opening: Array(text.utf8), scatters: scatters, at: now)
        slots.end(request(number), wasServed: wasServed, at: now)
        return use
    }

    @Test func `an organization finds its own prompts again, and no other does`() {
        var slots = EngineSlots(count: 2)
        #expect(serve(&slots, 1, Self.one, "a question") == .init(slot: 0, mayRead: false))
        #expect(serve(&slots, 2, Self.one, "a question") == .init(slot: 0, mayRead: true))
        #expect(serve(&slots, 3, Self.other, "a question") == .init(slot: 1, mayRead: false))
        #expect(serve(&slots, 4, Self.one, "a question") == .init(slot: 0, mayRead: true))
        #expect(serve(&slots, 5, Self.other, "a question") == .init(slot: 1, mayRead: true))
        // Nothing like it: the slot that has been idle longest, whosever it was.
        #expect(serve(&slots, 6, Self.other, "z") == .init(slot: 0, mayRead: false))
        #expect(serve(&slots, 7, Self.one, "a question") == .init(slot: 1, mayRead: false))
    }

    @Test func `of several conversations each finds its own slot`() {
        var slots = EngineSlots(count: 3)
        #expect(serve(&slots, 1, Self.one, "first: hello").slot == 0)
        #expect(serve(&slots, 2, Self.one, "second: hello").slot == 1)
        #expect(serve(&slots, 3, Self.one, "first: hello, and more of it").slot == 0)
        #expect(serve(&slots, 4, Self.one, "second: hello, and more of it").slot == 1)
    }

    @Test func `a slot in use is given to nobody else`() {
        var slots = EngineSlots(count: 1)
        let first = slots.take(
            request(1), for: Self.one, opening: [1], scatters: false, at: 0)
        let second = slots.take(
            request(2), for: Self.one, opening: [1], scatters: false, at: 0)
        #expect(first == .init(slot: 0, mayRead: false))
        #expect(second == .init(slot: nil, mayRead: false))
        slots.end(request(1), wasServed: true, at: 0)
        slots.end(request(2), wasServed: true, at: 0)
        #expect(serve(&slots, 3, Self.one, "a") == .init(slot: 0, mayRead: false))
    }

    @Test func `what the engine spreads over slots makes all of them unknown`() {
        var slots = EngineSlots(count: 2)
        _ = serve(&slots, 1, Self.one, "a")
        _ = slots.take(request(2), for: Self.other, opening: [], scatters: true, at: 0)
        #expect(serve(&slots, 3, Self.one, "a").mayRead == false)
        slots.end(request(2), wasServed: true, at: 0)
        #expect(serve(&slots, 4, Self.one, "a").mayRead == false)
        #expect(serve(&slots, 5, Self.one, "a").mayRead)
    }

    @Test(arguments: [false, true])
    func `what broke off may still come into a slot for a while`(scatters: Bool) {
        var slots = EngineSlots(count: 1)
        _ = serve(&slots, 1, Self.other, "a", scatters: scatters, wasServed: false)
        for number in 2...3 {
            #expect(serve(&slots, UInt64(number), Self.one, "a", at: 1).mayRead == false)
        }
        #expect(serve(&slots, 4, Self.one, "a", at: Self.later).mayRead == false)
        #expect(serve(&slots, 5, Self.one, "a", at: Self.later).mayRead)
    }

    /// An engine as a model: what is in its slots, and requests that come into one late.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `nobody ever reads another's prompt`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...4, using: &random)
        var slots = EngineSlots(count: count)
        var contents = [Int?](repeating: nil, count: count)
        var running: [(number: UInt64, tenant: Int, use: EngineSlots.Use)] = []
        /// Broke off at the gateway; the engine may still put them anywhere they were meant for.
        var late: [(tenant: Int, slot: Int?, until: Int64)] = []
        var now: Int64 = 0
        for step in 0..<400 {
            now += .random(in: 0...EngineSlots.restNanoseconds / 20, using: &random)
            late.removeAll { $0.until <= now }
            if let one = late.randomElement(using: &random) {
                let slot = one.slot ?? .random(in: 0..<count, using: &random)
                if !running.contains(where: { $0.use.slot == slot }) { contents[slot] = one.tenant }
            }
            if Bool.random(using: &random), running.count < count {
                let tenant = Int.random(in: 0..<3, using: &random)
                let use = slots.take(
                    request(UInt64(step)), for: OrganizationID(high: 1, low: UInt64(tenant)),
                    opening: [UInt8.random(in: 0...1, using: &random)],
                    scatters: .random(in: 0..<8, using: &random) == 0, at: now)
                if let slot = use.slot {
                    #expect(!running.contains { $0.use.slot == slot }, "seed \(seed)")
                    #expect(!use.mayRead || contents[slot] == tenant, "seed \(seed)")
                    contents[slot] = tenant
                } else {
                    #expect(!use.mayRead, "seed \(seed)")
                }
                running.append((UInt64(step), tenant, use))
            } else if let index = running.indices.randomElement(using: &random) {
                let ended = running.remove(at: index)
                let wasServed = Int.random(in: 0..<6, using: &random) > 0
                if ended.use.slot == nil {
                    for slot in 0..<count
                    where !running.contains(where: { $0.use.slot == slot }) {
                        contents[slot] = ended.tenant
                    }
                }
                slots.end(request(ended.number), wasServed: wasServed, at: now)
                if !wasServed {
                    late.append(
                        (ended.tenant, ended.use.slot, now + EngineSlots.restNanoseconds))
                }
            }
            for one in running where one.use.slot == nil {
                let slot = Int.random(in: 0..<count, using: &random)
                if !running.contains(where: { $0.use.slot == slot }) {
                    contents[slot] = one.tenant
                }
            }
        }
    }
}
