/// Texts that go through a guardrail piece by piece: what is given out can never turn out to be a
/// part of a finding. Where findings overlap, a block goes before a mask, and then the one that
/// begins first. Several texts may follow each other, each ended by ``finish()``.
package struct GuardrailFilter: Sendable {
    /// So many scalars are held back at most; a finding that is longer is found up to there.
    package static let maximumHeld = 1000
    /// So many findings are kept to be told of.
    package static let maximumFindings = 100
    /// What texts may cost altogether, in places of patterns looked at: some 100 ms. A guardrail
    /// that takes longer blocks, because nobody can say that there is nothing to find.
    package static let maximumSteps = 10_000_000
    /// What a scalar costs that no pattern begins with, in the same steps.
    private static let idleSteps = 4

    private let guardrail: Guardrail
    private var scanners: [PatternScanner]
    /// Those that have begun something, in no order.
    private var active: [Int] = []
    private var isActive: [Bool]
    /// Of the text that is under way.
    private var position = 0
    private var previous: Unicode.Scalar?
    /// What has come and was not given out, and where it begins.
    private var held: [Unicode.Scalar] = []
    private var base = 0
    private var masks: [(range: Range<Int>, rule: Int)] = []
    private var stepsLeft: Int
    /// Scalars that were looked at, of all texts.
    package private(set) var length = 0
    package private(set) var findings: [Guardrail.Finding] = []
    package private(set) var hasMasked = false
    /// Nothing more is given out.
    package private(set) var isBlocked = false
    /// It was blocked because it took too long.
    package var isExhausted: Bool { stepsLeft < 0 }

    package init(_ guardrail: Guardrail, steps: Int = maximumSteps) {
        self.guardrail = guardrail
        stepsLeft = steps
        scanners = guardrail.rules.map { PatternScanner($0.pattern) }
        isActive = Array(repeating: false, count: guardrail.rules.count)
    }

    /// What of the text so far is safe to be given out, masked; nothing once it is blocked.
    package mutating func take(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isBlocked {
            held.append(scalar)
            scan(scalar)
            if held.count >= Self.maximumHeld { release(until: base + held.count / 2, &out) }
        }
        release(until: active.reduce(position) { min($0, scanners[$1].safe) }, &out)
        return isBlocked ? "" : String(out)
    }

    /// The text is over; what was held back of it. What comes next is another text.
    package mutating func finish() -> String {
        for index in active {
            let before = scanners[index].steps
            scanners[index].stepLimit = before + max(0, stepsLeft)
            for match in scanners[index].finish() { note(match.range, rule: index) }
            stepsLeft -= scanners[index].steps - before
            scanners[index] = PatternScanner(guardrail.rules[index].pattern)
            isActive[index] = false
        }
        if stepsLeft < 0 { isBlocked = true }
        var out = String.UnicodeScalarView()
        release(until: base + held.count, &out)
        active = []
        position = 0
        previous = nil
        held = []
        base = 0
        masks = []
        return isBlocked ? "" : String(out)
    }

    private mutating func scan(_ scalar: Unicode.Scalar) {
        length += 1
        stepsLeft -= Self.idleSteps
        if stepsLeft < 0 { isBlocked = true }
        for index in guardrail.starters(scalar, behind: previous) where !isActive[index] {
            scanners[index].resume(at: position, behind: previous)
            isActive[index] = true
            active.append(index)
        }
        guard !active.isEmpty else {
            position += 1
            previous = scalar
            return
        }
        var isOver = false
        for index in active {
            let before = scanners[index].steps
            scanners[index].stepLimit = before + max(0, stepsLeft)
            for match in scanners[index].take(scalar) { note(match.range, rule: index) }
            stepsLeft -= scanners[index].steps - before + 1
            if scanners[index].isIdle {
                isActive[index] = false
                isOver = true
            }
        }
        if isOver { active.removeAll { !isActive[$0] } }
        if stepsLeft < 0 { isBlocked = true }
        position += 1
        previous = scalar
    }

    private mutating func note(_ range: Range<Int>, rule: Int) {
        let range = max(range.lowerBound, base)..<max(range.upperBound, base)
        guard !range.isEmpty else { return }
        let text = held[range.lowerBound - base..<range.upperBound - base]
        if case .personal(let data) = guardrail.rules[rule].kind, !data.isOne(text) { return }
        if findings.count < Self.maximumFindings {
            var found = String.UnicodeScalarView()
            found.append(contentsOf: text)
            findings.append(Guardrail.Finding(rule: rule, text: String(found)))
        }
        switch guardrail.rules[rule].action {
        case .block: isBlocked = true
        case .mask:
            hasMasked = true
            masks.append((range, rule))
        case .note: break
        }
    }

    private mutating func release(until limit: Int, _ out: inout String.UnicodeScalarView) {
        guard !isBlocked else { return }
        masks.sort {
            ($0.range.lowerBound, -$0.range.upperBound) < (
                $1.range.lowerBound, -$1.range.upperBound
            )
        }
        var position = base
        while position < limit {
            guard let mask = masks.first else {
                out.append(contentsOf: held[position - base..<limit - base])
                position = limit
                break
            }
            if mask.range.lowerBound > position {
                let end = min(limit, mask.range.lowerBound)
                out.append(contentsOf: held[position - base..<end - base])
                position = end
                continue
            }
            out.append(contentsOf: "{\(guardrail.rules[mask.rule].name)}".unicodeScalars)
            position = max(position, mask.range.upperBound)
            masks.removeAll { $0.range.lowerBound < position }
        }
        held.removeFirst(position - base)
        base = position
    }
}
