/// Reads a pattern, from left to right.
struct PatternParser {
    /// What a repetition may ask for at most.
    private static let maximumRepetition = 1000
    private static let maximumDepth = 50

    private let scalars: [Unicode.Scalar]
    private let ignoresCase: Bool
    private var position = 0
    private var depth = 0

    init(_ pattern: String, ignoresCase: Bool) {
        scalars = Array(pattern.unicodeScalars)
        self.ignoresCase = ignoresCase
    }

    mutating func parse() throws(TextPattern.Problem) -> TextPattern.Node {
        guard !scalars.isEmpty else { throw problem("it is empty") }
        guard scalars.count <= TextPattern.maximumLength else {
            throw problem("it is longer than \(TextPattern.maximumLength) characters")
        }
        let node = try choice()
        guard position == scalars.count else { throw problem("this bracket was never opened") }
        return node
    }

    private func problem(_ text: String) -> TextPattern.Problem {
        TextPattern.Problem(position: min(position, scalars.count), text: text)
    }

    private var next: Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(TextPattern.Problem) -> TextPattern.Node {
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(TextPattern.Problem) -> TextPattern.Node {
        var nodes: [TextPattern.Node] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            nodes.append(try repetition(of: try atom()))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repetition(
        of node: TextPattern.Node
    ) throws(TextPattern.Problem) -> TextPattern.Node {
        let least: Int
        let most: Int?
        switch next {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let bounds = try bounds() else { return node }
            (least, most) = bounds
        default: return node
        }
        position += 1
        // Not greedy: the longest is taken in any case.
        _ = skip("?")
        if case .assertion = node { throw problem("a position cannot be repeated") }
        if let next, "*+?".unicodeScalars.contains(next) {
            throw problem("a repetition cannot be repeated")
        }
        return .repeated(node, least: least, most: most)
    }

    /// `{m}`, `{m,}`, `{m,n}`, up to the bracket that closes it; nil where it means itself.
    private mutating func bounds() throws(TextPattern.Problem) -> (Int, Int?)? {
        let start = position
        position += 1
        let least = number()
        var most = least
        if skip(",") { most = number() }
        let isOpen = position > start + 1 && scalars[position - 1] == ","
        guard next == "}", let least else {
            position = start
            throw problem("a '{' that means itself is written '\\{'")
        }
        if isOpen { most = nil }
        guard least <= Self.maximumRepetition, most.map({ $0 <= Self.maximumRepetition }) ?? true
        else { throw problem("a repetition is at most \(Self.maximumRepetition)") }
        guard most.map({ $0 >= least }) ?? true else {
            throw problem("the repetition's bounds are the wrong way round")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, (0x30...0x39).contains(scalar.value) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(TextPattern.Problem) -> TextPattern.Node {
        guard let scalar = next else { return .empty }
        switch scalar {
        case "(": return try group()
        case "[":
            position += 1
            return .set(try bracket())
        case "\\":
            position += 1
            return try escape()
        case "*", "+", "?": throw problem("there is nothing to repeat")
        default: break
        }
        position += 1
        switch scalar {
        case ".": return .set(.any)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        default: return .set(ScalarSet([scalar], ignoresCase: ignoresCase))
        }
    }

    private mutating func group() throws(TextPattern.Problem) -> TextPattern.Node {
        let start = position
        position += 1
        if skip("?") {
            guard skip(":") else {
                throw problem("only plain groups '(…)' and '(?:…)' are understood")
            }
        }
        depth += 1
        guard depth <= Self.maximumDepth else { throw problem("groups stand too deep") }
        let node = try choice()
        depth -= 1
        guard skip(")") else {
            position = start
            throw problem("this bracket is never closed")
        }
        return node
    }

    private mutating func escape() throws(TextPattern.Problem) -> TextPattern.Node {
        guard let scalar = next else { throw problem("the pattern ends within an escape") }
        position += 1
        switch scalar {
        case "b": return .assertion(.boundary)
        case "B": return .assertion(.noBoundary)
        default:
            position -= 1
            return .set(try escapedSet())
        }
    }

    /// An escape's scalars, as it may stand in a class too.
    private mutating func escapedSet() throws(TextPattern.Problem) -> ScalarSet {
        guard let scalar = next else { throw problem("the pattern ends within an escape") }
        let set: ScalarSet? =
            switch scalar {
            case "d": .digit
            case "D": ScalarSet.digit.negated
            case "w": .word
            case "W": ScalarSet.word.negated
            case "s": .space
            case "S": ScalarSet.space.negated
            case "n": ScalarSet(["\n"], ignoresCase: false)
            case "r": ScalarSet(["\r"], ignoresCase: false)
            case "t": ScalarSet(["\t"], ignoresCase: false)
            default: nil
            }
        if set == nil, ScalarSet.word.contains(scalar) {
            throw problem("the escape '\\\(scalar)' is not understood here")
        }
        position += 1
        return set ?? ScalarSet([scalar], ignoresCase: ignoresCase)
    }

    /// A class, behind its opening bracket.
    private mutating func bracket() throws(TextPattern.Problem) -> ScalarSet {
        let start = position - 1
        var set = ScalarSet(ranges: [])
        let isNegated = skip("^")
        var isFirst = true
        while true {
            guard let scalar = next else {
                position = start
                throw problem("this class is never closed")
            }
            if scalar == "]", !isFirst { break }
            isFirst = false
            let part = try member()
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                try add(part, to: &set)
                continue
            }
            position += 1
            let end = try member()
            guard part.ranges.count == 1, end.ranges.count == 1, !part.isNegated, !end.isNegated,
                part.ranges[0].count == 1, end.ranges[0].count == 1,
                part.ranges[0].lowerBound <= end.ranges[0].lowerBound
            else { throw problem("a range goes from one character to a later one") }
            set.ranges.append(part.ranges[0].lowerBound...end.ranges[0].lowerBound)
        }
        position += 1
        if ignoresCase { set.foldCase() }
        set.isNegated = isNegated
        return set
    }

    private mutating func member() throws(TextPattern.Problem) -> ScalarSet {
        guard let scalar = next else { throw problem("this class is never closed") }
        if scalar == "\\" {
            position += 1
            return try escapedSet()
        }
        if scalar == "[", position + 1 < scalars.count, scalars[position + 1] == ":" {
            throw problem("named classes are not understood here")
        }
        position += 1
        return ScalarSet([scalar], ignoresCase: false)
    }

    private func add(_ part: ScalarSet, to set: inout ScalarSet) throws(TextPattern.Problem) {
        guard part.isNegated else {
            set.ranges += part.ranges
            return
        }
        // What is not in the part: the gaps between its ranges.
        var from: UInt32 = 0
        for range in part.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > from { set.ranges.append(from...range.lowerBound - 1) }
            from = max(from, range.upperBound + 1)
        }
        if from <= 0x10FFFF { set.ranges.append(from...0x10FFFF) }
    }
}
