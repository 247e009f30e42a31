import CapacityPath
import TestKit
import Testing
import Vocabulary

@Suite struct PoolChoiceTests {
    private typealias Candidate = PoolChoice.Candidate

    private static func pool(_ text: String) throws -> PoolName { try #require(PoolName(text)) }

    private static func candidate(
        _ name: String, costs avoidable: Int64?, price: Int64 = 10,
        _ verdict: Candidate.Verdict = .starts(.noon)
    ) throws -> Candidate {
        Candidate(
            pool: try pool(name), avoidable: avoidable.map(Money.dollars),
            price: .dollars(price), verdict: verdict)
    }

    private static func choose(
        _ candidates: [Candidate], within seconds: Int64 = 0
    ) throws -> String {
        PoolChoice.choose(candidates, named: try pool("own"), by: .noon + .seconds(seconds)).text
    }

    @Test func `what is paid for anyway fills first, then ours, then what is paid by use`() throws {
        let paid = try Self.candidate("paid", costs: 0)
        let own = try Self.candidate("own", costs: 1)
        let rented = try Self.candidate("rented", costs: 2)
        #expect(try Self.choose([rented, own, paid]) == "paid")
        #expect(try Self.choose([rented, own]) == "own")
        #expect(try Self.choose([rented]) == "rented")
        // Of equals the one that was named, then by name.
        #expect(try Self.choose([Self.candidate("also", costs: 1), own]) == "own")
        #expect(
            try Self.choose([
                Self.candidate("z", costs: 2), rented, Self.candidate("s", costs: 2),
            ]) == "rented")
    }

    @Test func `nothing goes where it is late, refused, or below what its use costs`() throws {
        let full = try Self.candidate("own", costs: 1, .starts(nil))
        for (other, chosen) in [
            (try Self.candidate("rented", costs: 10), "rented"),
            (try Self.candidate("rented", costs: 11), "own"),
            (try Self.candidate("rented", costs: 2, .refused("its cap is used up")), "own"),
            (try Self.candidate("rented", costs: 2, .starts(nil)), "own"),
            (try Self.candidate("rented", costs: 2, .starts(.noon + .seconds(1))), "own"),
            (try Self.candidate("rented", costs: nil), "own"),
        ] {
            #expect(try Self.choose([full, other]) == chosen, "\(other)")
        }
    }

    @Test func `an order that starts here soon enough stays`() throws {
        let own = try Self.candidate("own", costs: 1, .starts(.noon + .seconds(60)))
        let rented = try Self.candidate("rented", costs: 2)
        #expect(try Self.choose([own, rented], within: 59) == "rented")
        #expect(try Self.choose([own, rented], within: 60) == "own")
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `whoever is chosen starts in time, covers its cost, and nobody is cheaper`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var candidates = [try Self.candidate("own", costs: 1, .refused("full"))]
        for index in 0..<Int.random(in: 0..<6, using: &random) {
            let verdict: Candidate.Verdict =
                switch Int.random(in: 0..<3, using: &random) {
                case 0: .refused("no")
                case 1: .starts(nil)
                default: .starts(.noon + .seconds(Int64.random(in: 0...2, using: &random)))
                }
            candidates.append(
                try Self.candidate(
                    "p\(index)", costs: Int64.random(in: 0...4, using: &random),
                    price: Int64.random(in: 0...4, using: &random), verdict))
        }
        let chosen = try Self.choose(candidates, within: 1)
        candidates.shuffle(using: &random)
        #expect(try Self.choose(candidates, within: 1) == chosen, "the order of asking is nothing")
        let fit = candidates.filter { candidate in
            guard case .starts(let start?) = candidate.verdict, let cost = candidate.avoidable
            else { return false }
            return start <= .noon + .seconds(1) && candidate.price >= cost
        }
        if let found = fit.first(where: { $0.pool.text == chosen }) {
            #expect(fit.allSatisfy { ($0.avoidable ?? .zero) >= (found.avoidable ?? .zero) })
        } else {
            #expect(chosen == "own" && fit.isEmpty)
        }
    }
}
