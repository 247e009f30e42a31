/// Writes what a pattern says as a program, repetitions written out.
struct PatternCompiler {
    private(set) var program: [TextPattern.Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private var numbers: [ScalarSet: Int] = [:]

    mutating func append(
        _ instruction: TextPattern.Instruction
    ) throws(TextPattern.Problem) {
        guard program.count < TextPattern.maximumInstructions else {
            throw TextPattern.Problem(position: 0, text: "its repetitions are too many")
        }
        program.append(instruction)
    }

    private mutating func take(_ set: ScalarSet) -> TextPattern.Instruction {
        var bits: (low: UInt64, high: UInt64) = (0, 0)
        for byte in 0..<64 as Range<UInt8> {
            if set.contains(Unicode.Scalar(byte)) { bits.low |= 1 << UInt64(byte) }
            if set.contains(Unicode.Scalar(byte + 64)) { bits.high |= 1 << UInt64(byte) }
        }
        let number = numbers[set] ?? sets.count
        if number == sets.count {
            sets.append(set)
            numbers[set] = number
        }
        return .take(set: number, low: bits.low, high: bits.high)
    }

    mutating func add(_ node: TextPattern.Node) throws(TextPattern.Problem) {
        switch node {
        case .empty: break
        case .set(let set): try append(take(set))
        case .assertion(let assertion): try append(.require(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .choice(let nodes): try add(choice: nodes[...])
        case .repeated(let node, let least, let most):
            for _ in 0..<least {
                let before = program.count
                try add(node)
                // What takes nothing is the same however often it stands there.
                if program.count == before { break }
            }
            if let most {
                try add(optional: node, times: most - least)
            } else {
                let start = program.count
                try append(.split(start + 1, 0))
                try add(node)
                try append(.jump(start))
                program[start] = .split(start + 1, program.count)
            }
        }
    }

    private mutating func add(
        choice nodes: ArraySlice<TextPattern.Node>
    ) throws(TextPattern.Problem) {
        guard let first = nodes.first else { return }
        guard nodes.count > 1 else { return try add(first) }
        let start = program.count
        try append(.split(start + 1, 0))
        try add(first)
        let end = program.count
        try append(.jump(0))
        program[start] = .split(start + 1, program.count)
        try add(choice: nodes.dropFirst())
        program[end] = .jump(program.count)
    }

    private mutating func add(
        optional node: TextPattern.Node, times: Int
    ) throws(TextPattern.Problem) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(program.count)
            try append(.split(program.count + 1, 0))
            try add(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}
