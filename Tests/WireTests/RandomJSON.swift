/// Random JSON text for property tests.
struct RandomJSON<Generator: RandomNumberGenerator> {
    var generator: Generator

    mutating func document() -> [UInt8] {
        var text = ""
        object(depth: 0, into: &text)
        return Array(text.utf8)
    }

    private mutating func number(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    private mutating func value(depth: Int, into text: inout String) {
        blank(into: &text)
        switch number(0..<(depth < 5 ? 9 : 7)) {
        case 0: text += "null"
        case 1: text += ["true", "false"][number(0..<2)]
        case 2: text += "\(number(-1000..<1000))"
        case 3: text += "\(number(-10..<10)).\(number(0..<100))e\(number(-9..<9))"
        case 4, 5, 6: string(into: &text)
        case 7: object(depth: depth + 1, into: &text)
        default:
            text += "["
            let count = number(0..<4)
            for index in 0..<count {
                if index > 0 { text += "," }
                value(depth: depth + 1, into: &text)
            }
            blank(into: &text)
            text += "]"
        }
        blank(into: &text)
    }

    private mutating func object(depth: Int, into text: inout String) {
        text += "{"
        let count = number(0..<5)
        for index in 0..<count {
            if index > 0 { text += "," }
            blank(into: &text)
            // Numbered, because some parsers refuse a name that is given twice.
            text += "\"k\(index)"
            characters(into: &text)
            text += "\""
            blank(into: &text)
            text += ":"
            value(depth: depth, into: &text)
        }
        blank(into: &text)
        text += "}"
    }

    private mutating func string(into text: inout String) {
        text += "\""
        characters(into: &text)
        text += "\""
    }

    private mutating func characters(into text: inout String) {
        let pieces = [
            "a", "spillway ", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "ß", "你好", "😀",
            "\\/", "\u{7F}", "\"usage\":".replacing("\"", with: "\\\""), "{[]}", "0123456789",
        ]
        for _ in 0..<number(0..<8) { text += pieces[number(0..<pieces.count)] }
    }

    private mutating func blank(into text: inout String) {
        if number(0..<8) == 0 { text += [" ", "\n", "\t", "\r\n"][number(0..<4)] }
    }

    /// One byte changed, dropped, doubled or inserted.
    mutating func mutated(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        let index = number(0..<bytes.count)
        let marks = Array("{}[]\",:\\0123456789.eE+-tfnul \n\u{1}é".utf8) + [0x80, 0xFF, 0xC3]
        let byte = marks[number(0..<marks.count)]
        switch number(0..<4) {
        case 0: bytes[index] = byte
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        default: bytes.insert(byte, at: index)
        }
        return bytes
    }
}
