import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct SlidingWindowTests {
    /// What was taken and not given back, kept whole.
    private struct Log {
        var entries: [(second: Int64, count: Int64)] = []

        func total(upTo second: Int64) -> Int64 {
            entries.filter { $0.second > second - 61 }.reduce(0) { $0 + $1.count }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no minute ever holds more than the limit`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limit = Int64.random(in: 1...500, using: &random)
        var window = SlidingWindow(limit: limit)
        var log = Log()
        var second = Int64.random(in: 0...10_000, using: &random)
        for _ in 0..<400 {
            second += [0, 0, 1, 3, 20, 70].randomElement(using: &random) ?? 0
            let free = window.remaining(at: second)
            #expect(free == limit - log.total(upTo: second))
            if Bool.random(using: &random), let last = log.entries.indices.last {
                let back = Int64.random(in: 0...log.entries[last].count, using: &random)
                window.giveBack(back, takenAt: log.entries[last].second, at: second)
                log.entries[last].count -= back
            } else {
                let count = Int64.random(in: 0...window.remaining(at: second), using: &random)
                window.take(count, at: second)
                log.entries.append((second, count))
            }
            #expect(log.total(upTo: second) <= limit)
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `the wait that is told is the shortest that helps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limit = Int64.random(in: 1...50, using: &random)
        var window = SlidingWindow(limit: limit)
        var second: Int64 = 1000
        for _ in 0..<100 {
            second += Int64.random(in: 0...9, using: &random)
            window.take(
                Int64.random(in: 0...window.remaining(at: second), using: &random), at: second)
            let wanted = Int64.random(in: 1...limit, using: &random)
            let told = window.secondsUntil(wanted, at: second)
            let wait = try #require(told)
            var later = window
            let afterwards = later.remaining(at: second + wait)
            #expect(afterwards >= wanted)
            if wait > 0 {
                var sooner = window
                let before = sooner.remaining(at: second + wait - 1)
                #expect(before < wanted)
            }
        }
        let never = window.secondsUntil(limit + 1, at: second)
        #expect(never == nil)
    }
}
