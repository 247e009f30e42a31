/// Which scalars are meant: ranges, or all but these.
struct ScalarSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    static let digit = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0])
    /// All but the end of a line.
    static let any = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

    /// The same as `word`, quickly.
    @inline(__always)
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }

    init(ranges: [ClosedRange<UInt32>], isNegated: Bool = false) {
        self.ranges = ranges
        self.isNegated = isNegated
    }

    init(_ scalars: [Unicode.Scalar], ignoresCase: Bool) {
        ranges = scalars.map { $0.value...$0.value }
        if ignoresCase { foldCase() }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        for range in ranges where range.contains(scalar.value) { return !isNegated }
        return isNegated
    }

    var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

    /// Each letter with its other case. Of ranges only those of single bytes: nobody writes others.
    mutating func foldCase() {
        var more: [ClosedRange<UInt32>] = []
        for range in ranges {
            if range.count == 1, let scalar = Unicode.Scalar(range.lowerBound) {
                for text in [
                    scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping,
                ] {
                    let scalars = text.unicodeScalars
                    if scalars.count == 1, let other = scalars.first, other != scalar {
                        more.append(other.value...other.value)
                    }
                }
                continue
            }
            for (from, to) in [(0x41 as UInt32, 0x61 as UInt32), (0x61, 0x41)] {
                let least = max(range.lowerBound, from)
                let most = min(range.upperBound, from + 25)
                if least <= most { more.append(least - from + to...most - from + to) }
            }
        }
        ranges += more
    }
}
