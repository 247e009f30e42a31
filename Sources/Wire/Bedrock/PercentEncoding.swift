/// Escapes in a URL, without Foundation.
enum PercentEncoding {
    /// The bytes that the text stands for. An escape without two digits stands for itself if
    /// `lenient`; otherwise nothing is returned.
    static func decoded(_ text: ArraySlice<UInt8>, lenient: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                digits.allSatisfy({ ($0 | 0x20).isHexadecimalDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else if byte != UInt8(ascii: "%") || lenient {
                bytes.append(byte)
            } else {
                return nil
            }
        }
        return bytes
    }
}

extension UInt8 {
    /// Of a digit in lower case.
    fileprivate var isHexadecimalDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x66).contains(self)
    }
}
