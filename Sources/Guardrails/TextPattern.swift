/// A regular expression that takes time in proportion to the text, whatever it says: no
/// back-references and no looking around, so that no customer's pattern can hold a gateway up.
/// (Thompson's construction; Pike's simulation of it in ``PatternScanner``.)
///
/// Literals, `.`, classes `[a-z]` `[^…]`, `\d \w \s` and their opposites, `\b \B ^ $`, groups `(…)`
/// `(?:…)`, `|`, and `* + ? {m} {m,} {m,n}`, greedy or not: which match is taken is always the one
/// that begins first, and of those the longest.
package struct TextPattern: Hashable, Sendable {
    /// In scalars.
    package static let maximumLength = 500
    /// Of the compiled pattern; repetitions are written out.
    static let maximumInstructions = 4000

    indirect enum Node: Hashable {
        case empty
        case set(ScalarSet)
        case sequence([Node])
        case choice([Node])
        case repeated(Node, least: Int, most: Int?)
        case assertion(Assertion)
    }

    enum Assertion: Hashable, Sendable {
        case start, end, boundary, noBoundary
    }

    enum Instruction: Hashable, Sendable {
        /// One scalar of this set; which of the first 128 are in it is told by bits.
        case take(set: Int, low: UInt64, high: UInt64)
        /// On at both.
        case split(Int, Int)
        case jump(Int)
        case require(Assertion)
        case match
    }

    let program: [Instruction]
    private let sets: [ScalarSet]
    /// What a match can begin with at a word's border, and elsewhere.
    private let atBorder: Beginning
    private let elsewhere: Beginning

    /// What a match can begin with: of the first 128 scalars by number, of others by set.
    private struct Beginning: Hashable {
        let bytes: [Bool]
        let sets: [ScalarSet]
    }

    /// Why a pattern is not taken, and where.
    package struct Problem: Error, Hashable, Sendable {
        /// From 0, in scalars.
        package var position: Int
        package var text: String
    }

    package init(_ pattern: String, ignoresCase: Bool = false) throws(Problem) {
        var parser = PatternParser(pattern, ignoresCase: ignoresCase)
        var compiler = PatternCompiler()
        try compiler.add(try parser.parse())
        try compiler.append(.match)
        self.init(compiler)
    }

    /// The text itself and nothing else, as a word or words.
    package init(word: String) throws(Problem) {
        let scalars = Array(word.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last else {
            throw Problem(position: 0, text: "a word is not empty")
        }
        var nodes: [Node] = scalars.map { .set(ScalarSet([$0], ignoresCase: true)) }
        if ScalarSet.word.contains(first) { nodes.insert(.assertion(.boundary), at: 0) }
        if ScalarSet.word.contains(last) { nodes.append(.assertion(.boundary)) }
        var compiler = PatternCompiler()
        try compiler.add(.sequence(nodes))
        try compiler.append(.match)
        self.init(compiler)
    }

    private init(_ compiler: PatternCompiler) {
        program = compiler.program
        sets = compiler.sets
        atBorder = Self.beginning(of: compiler, atBorder: true)
        elsewhere = Self.beginning(of: compiler, atBorder: false)
    }

    func takes(_ scalar: Unicode.Scalar, _ set: Int, _ low: UInt64, _ high: UInt64) -> Bool {
        switch scalar.value {
        case 0..<64: low >> scalar.value & 1 == 1
        case 64..<128: high >> (scalar.value - 64) & 1 == 1
        default: sets[set].contains(scalar)
        }
    }

    /// Whether a match may begin with it. Most of a text cannot begin one: that costs one look.
    func canBegin(with scalar: Unicode.Scalar, atBorder isAtBorder: Bool) -> Bool {
        let beginning = isAtBorder ? atBorder : elsewhere
        return scalar.value < 128
            ? beginning.bytes[Int(scalar.value)] : beginning.sets.contains { $0.contains(scalar) }
    }

    var canBeginBeyondBytes: Bool {
        (atBorder.sets + elsewhere.sets).contains { set in
            set.isNegated || set.ranges.contains { $0.upperBound > 127 }
        }
    }

    private static func beginning(
        of compiler: PatternCompiler, atBorder: Bool
    ) -> Beginning {
        var seen: Set<Int> = []
        var sets: Set<ScalarSet> = []
        var pending = [0]
        while let index = pending.popLast() {
            guard seen.insert(index).inserted else { continue }
            switch compiler.program[index] {
            case .take(let set, _, _): sets.insert(compiler.sets[set])
            case .split(let one, let other): pending += [one, other]
            case .jump(let target): pending.append(target)
            case .require(.boundary): if atBorder { pending.append(index + 1) }
            case .require(.noBoundary): if !atBorder { pending.append(index + 1) }
            case .require: pending.append(index + 1)
            case .match: break
            }
        }
        let bytes = (0..<128).map { byte in
            sets.contains { $0.contains(Unicode.Scalar(UInt8(byte))) }
        }
        return Beginning(bytes: bytes, sets: Array(sets))
    }
}
