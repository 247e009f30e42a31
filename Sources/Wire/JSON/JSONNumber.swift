import Vocabulary

/// A number in the text. What it is worth is worked out only when somebody asks.
struct JSONNumber {
    let start: Int
    let end: Int
    /// Written without a point and without an exponent.
    let isInteger: Bool

    var range: Range<Int> { start..<end }
}

extension JSONCursor {
    /// Reads the number at the position by the grammar of RFC 8259.
    @inline(__always)
    mutating func number() throws(Failure) -> JSONNumber {
        let start = position
        if current == 0x2D { position &+= 1 }
        if current == 0x30 {
            position &+= 1
            if Self.isDigit(current) { throw malformed(.badNumber) }
        } else {
            try digits()
        }
        var isInteger = true
        if current == 0x2E {
            isInteger = false
            position &+= 1
            try digits()
        }
        if current | 0x20 == 0x65 {
            isInteger = false
            position &+= 1
            if current == 0x2B || current == 0x2D { position &+= 1 }
            try digits()
        }
        return JSONNumber(start: start, end: position, isInteger: isInteger)
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    private mutating func digits() throws(Failure) {
        guard Self.isDigit(current) else { throw malformed(.badNumber) }
        repeat { position &+= 1 } while Self.isDigit(current)
    }

    /// The value of a whole number; nil if it has a fraction or does not fit.
    func integer(_ number: JSONNumber) -> Int64? {
        guard number.isInteger else { return nil }
        let negative = byte(at: number.start) == 0x2D
        var value: Int64 = 0
        for index in (negative ? number.start &+ 1 : number.start)..<number.end {
            let digit = Int64(byte(at: index) &- 0x30)
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                negative
                ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// The value, to about 18 digits: good for checking a range, not for arithmetic.
    func approximation(_ number: JSONNumber) -> Double {
        var mantissa: Int64 = 0
        var scale = 0
        var index = number.start
        var sign = 1.0
        var behindPoint = false
        while index < number.end {
            let byte = byte(at: index)
            index &+= 1
            switch byte {
            case 0x2D: sign = -1
            case 0x2E: behindPoint = true
            case 0x30...0x39:
                // Digits beyond the eighteenth change nothing that a range could tell.
                let fits = mantissa < 100_000_000_000_000_000
                if fits { mantissa = mantissa &* 10 &+ Int64(byte &- 0x30) }
                if fits == behindPoint { scale &+= behindPoint ? -1 : 1 }
            default:
                let tail = JSONNumber(
                    start: self.byte(at: index) == 0x2B ? index &+ 1 : index, end: number.end,
                    isInteger: true)
                scale &+= Int(max(-1000, min(1000, integer(tail) ?? 1000)))
                index = number.end
            }
        }
        let scaled = Double(mantissa)
        var power = 1.0
        for _ in 0..<min(abs(scale), 400) { power *= 10 }
        return sign * (scale < 0 ? scaled / power : scaled * power)
    }
}
