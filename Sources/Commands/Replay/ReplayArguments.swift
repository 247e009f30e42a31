import ArgumentParser
import CapacityPath

extension PlacementPolicy: ExpressibleByArgument {}

extension SeedList: CustomStringConvertible {
    /// Those of the published results.
    static let published = SeedList(seeds: Array(42...51))
    /// Those of the scenario with both products.
    static let ofProducts = SeedList(seeds: Array(1...10))

    var description: String {
        guard let first = seeds.first, let last = seeds.last, seeds == Array(first...last) else {
            return seeds.map(String.init).joined(separator: ",")
        }
        return first == last ? "\(first)" : "\(first)-\(last)"
    }
}

extension Multiple: CustomStringConvertible {
    /// That of the published results.
    static let published = Multiple(thousandths: 1300)

    var description: String {
        var digits = String(String(1000 + thousandths % 1000).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(thousandths / 1000)" + (digits.isEmpty ? "" : "." + digits)
    }
}

/// Seeds as `42`, `42-51`, or several of these with commas.
struct SeedList: ExpressibleByArgument {
    static let maximum = 10_000

    let seeds: [UInt64]

    private init(seeds: [UInt64]) { self.seeds = seeds }

    init?(argument: String) {
        var seeds: [UInt64] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard (1...2).contains(ends.count), let first = UInt64(ends[0]),
                let last = UInt64(ends[ends.count - 1]), first <= last,
                last - first < UInt64(Self.maximum)
            else { return nil }
            seeds += Array(first...last)
        }
        guard (1...Self.maximum).contains(seeds.count) else { return nil }
        self.seeds = seeds
    }
}

/// A multiple of something with up to three decimals: `1.3`.
struct Multiple: ExpressibleByArgument {
    let thousandths: Int64

    private init(thousandths: Int64) { self.thousandths = thousandths }

    /// More than 0, up to 1000.
    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int64(parts[0]), (0...1000).contains(whole)
        else { return nil }
        var part: Int64 = 0
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(digits)
            else { return nil }
            part = value * [100, 10, 1][digits.utf8.count - 1]
        }
        guard whole * 1000 + part > 0, whole * 1000 + part <= 1_000_000 else { return nil }
        self.thousandths = whole * 1000 + part
    }
}
