/// Base 64 of RFC 4648, as AWS carries bytes in JSON.
enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        digits.withUnsafeBufferPointer { digits in
            var index = 0
            while bytes.count - index >= 3 {
                let word =
                    UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
                    | UInt32(bytes[index + 2])
                text.append(digits[Int(word >> 18)])
                text.append(digits[Int(word >> 12 & 63)])
                text.append(digits[Int(word >> 6 & 63)])
                text.append(digits[Int(word & 63)])
                index += 3
            }
            guard index < bytes.count else { return }
            let isPair = bytes.count - index == 2
            let word = UInt32(bytes[index]) << 16 | (isPair ? UInt32(bytes[index + 1]) << 8 : 0)
            text.append(digits[Int(word >> 18)])
            text.append(digits[Int(word >> 12 & 63)])
            text.append(isPair ? digits[Int(word >> 6 & 63)] : padding)
            text.append(padding)
        }
    }

    /// The bytes, or nil if the text is not whole groups of four digits. An escaped slash, as some
    /// writers of JSON have it, is one digit.
    static func decoded(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var word: UInt32 = 0
        var count = 0
        var padded = 0
        for byte in text where byte != UInt8(ascii: "\\") {
            if byte == padding {
                padded += 1
                word <<= 6
            } else {
                guard padded == 0, let digit = value(of: byte) else { return nil }
                word = word << 6 | digit
            }
            count += 1
            guard count % 4 == 0 else { continue }
            guard padded <= 2 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: word >> 16))
            if padded < 2 { bytes.append(UInt8(truncatingIfNeeded: word >> 8)) }
            if padded < 1 { bytes.append(UInt8(truncatingIfNeeded: word)) }
            word = 0
        }
        return count % 4 == 0 ? bytes : nil
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case 0x41...0x5A: UInt32(digit - 0x41)
        case 0x61...0x7A: UInt32(digit - 0x61 + 26)
        case 0x30...0x39: UInt32(digit - 0x30 + 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
