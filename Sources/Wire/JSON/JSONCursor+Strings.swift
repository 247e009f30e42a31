import Vocabulary

/// A string inside the text: where its content stands, quotes not counted.
struct JSONString {
    let start: Int
    let end: Int
    /// Holds backslashes, so that its content is not its value.
    let escaped: Bool

    var count: Int { end &- start }
    /// With the quotes.
    var quoted: Range<Int> { start &- 1..<end &+ 1 }
}

extension JSONCursor {
    /// Reads the string whose opening quote is at the position.
    @inline(__always)
    mutating func string() throws(Failure) -> JSONString {
        guard current == 0x22 else { throw malformed(.expectedValue) }
        position &+= 1
        let start = position
        let escaped = try finishString()
        return JSONString(start: start, end: position &- 1, escaped: escaped)
    }

    /// Skips the rest of a string and its closing quote; true if there was an escape in it.
    mutating func finishString() throws(Failure) -> Bool {
        var escaped = false
        var index = position
        while true {
            if index &+ 8 <= end {
                var marks = Self.special(word(at: index))
                if marks == 0 {
                    index = skipPlain(from: index &+ 8)
                    guard index &+ 8 <= end else { continue }
                    marks = Self.special(word(at: index))
                    if marks == 0 {
                        index &+= 8
                        continue
                    }
                }
                index &+= marks.trailingZeroBitCount &>> 3
            } else if index >= end {
                throw malformed(.endsEarly, at: end)
            }
            let byte = byte(at: index)
            if byte == 0x22 {
                position = index &+ 1
                return escaped
            } else if byte == 0x5C {
                escaped = true
                index = try endOfEscape(at: index)
            } else if byte >= 0x80 {
                index = try endOfMultibyteText(at: index)
            } else if byte < 0x20 {
                throw malformed(.controlByte, at: index)
            } else {
                index &+= 1
            }
        }
    }

    @inline(__always)
    private func word(at index: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The high bit of each byte that a string cannot skip over: quote, backslash, control,
    /// non-ASCII. Exact for the lowest marked byte; a borrow may mark bytes above it that are
    /// plain.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
        let backslashes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
        let controls = word &- 0x2020_2020_2020_2020
        return (quotes | backslashes | controls | word) & 0x8080_8080_8080_8080
    }

    /// The first index from which fewer than 32 plain bytes follow.
    @inline(__always)
    private func skipPlain(from start: Int) -> Int {
        var index = start
        while index &+ 32 <= end {
            let marks =
                Self.special(word(at: index)) | Self.special(word(at: index &+ 8))
                | Self.special(word(at: index &+ 16)) | Self.special(word(at: index &+ 24))
            guard marks == 0 else { break }
            index &+= 32
        }
        return index
    }

    /// The index behind the escape, or pair of escapes, that begins at `index`.
    private func endOfEscape(at index: Int) throws(Failure) -> Int {
        guard index &+ 1 < end else { throw malformed(.endsEarly, at: end) }
        switch byte(at: index &+ 1) {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return index &+ 2
        case 0x75: break
        default: throw malformed(.badEscape, at: index)
        }
        let unit = try codeUnit(at: index)
        if unit & 0xF800 != 0xD800 { return index &+ 6 }
        guard unit < 0xDC00, index &+ 7 < end, byte(at: index &+ 6) == 0x5C,
            byte(at: index &+ 7) == 0x75, try codeUnit(at: index &+ 6) & 0xFC00 == 0xDC00
        else { throw malformed(.loneSurrogate, at: index) }
        return index &+ 12
    }

    /// The UTF-16 code unit of the `\uXXXX` at `index`.
    func codeUnit(at index: Int) throws(Failure) -> UInt32 {
        guard index &+ 6 <= end else { throw malformed(.endsEarly, at: end) }
        var unit: UInt32 = 0
        for offset in 2..<6 {
            let byte = byte(at: index &+ offset)
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte &- 0x30)
            case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32((byte | 0x20) &- 0x57)
            default: throw malformed(.badEscape, at: index)
            }
        }
        return unit
    }

    /// The index behind the run of multi-byte UTF-8 sequences that begins at `index`.
    private func endOfMultibyteText(at start: Int) throws(Failure) -> Int {
        var index = start
        while index < end {
            let lead = byte(at: index)
            if lead < 0x80 { break }
            let length: Int
            // The second byte's range excludes overlong forms, surrogates and what is over
            // U+10FFFF.
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: throw malformed(.badUTF8, at: index)
            }
            guard index &+ length <= end else { throw malformed(.endsEarly, at: end) }
            guard second.contains(byte(at: index &+ 1)) else {
                throw malformed(.badUTF8, at: index)
            }
            for offset in 2..<max(length, 2) where byte(at: index &+ offset) & 0xC0 != 0x80 {
                throw malformed(.badUTF8, at: index)
            }
            index &+= length
        }
        return index
    }
}

extension JSONCursor {
    /// Whether the string is exactly this text, by its bytes. An escaped string never is.
    @inline(__always)
    func matches(_ string: JSONString, _ text: StaticString) -> Bool {
        guard string.count == text.utf8CodeUnitCount else { return false }
        let start = base + string.start
        let other = UnsafeRawPointer(text.utf8Start)
        for index in 0..<text.utf8CodeUnitCount
        where start.load(fromByteOffset: index, as: UInt8.self)
            != other.load(fromByteOffset: index, as: UInt8.self)
        {
            return false
        }
        return true
    }

    /// Whether the string's bytes begin with this text.
    func begins(_ string: JSONString, with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard string.count >= count else { return false }
        return matches(
            JSONString(start: string.start, end: string.start &+ count, escaped: false), text)
    }

    /// The value of a string that has been read: escapes resolved. Allocates; for short strings.
    func value(of string: JSONString) -> String {
        let bytes = UnsafeRawBufferPointer(start: base + string.start, count: string.count)
        guard string.escaped else { return String(decoding: bytes, as: UTF8.self) }
        var units: [UInt8] = []
        units.reserveCapacity(bytes.count)
        var index = string.start
        while index < string.end {
            let byte = byte(at: index)
            guard byte == 0x5C else {
                units.append(byte)
                index += 1
                continue
            }
            index += appendEscape(at: index, to: &units)
        }
        return String(decoding: units, as: UTF8.self)
    }

    /// Appends what the escape at `index` stands for; returns the bytes that it took.
    private func appendEscape(at index: Int, to units: inout [UInt8]) -> Int {
        switch byte(at: index + 1) {
        case 0x62: units.append(0x08)
        case 0x66: units.append(0x0C)
        case 0x6E: units.append(0x0A)
        case 0x72: units.append(0x0D)
        case 0x74: units.append(0x09)
        case 0x75:
            guard let high = try? codeUnit(at: index) else { return 2 }
            var scalar = high
            var length = 6
            if high & 0xFC00 == 0xD800, let low = try? codeUnit(at: index + 6) {
                scalar = 0x10000 + ((high & 0x3FF) << 10 | low & 0x3FF)
                length = 12
            }
            let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
            units.append(contentsOf: String(character).utf8)
            return length
        case let plain: units.append(plain)
        }
        return 2
    }
}
