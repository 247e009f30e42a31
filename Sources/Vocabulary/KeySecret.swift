/// The secret of an API key as clients send it: `sk-spillway-`, 64 hexadecimal digits of random
/// bits, and 8 of checksum, so that a typing error is known without asking anybody.
package enum KeySecret {
    package static let prefix = "sk-spillway-"
    /// Characters of a whole secret.
    package static let length = prefix.utf8.count + 72

    /// Makes a secret of 256 random bits.
    package static func make(using random: inout some RandomNumberGenerator) -> String {
        let digits = (0..<4).map { _ in hexadecimal(random.next(), count: 16) }.joined()
        return prefix + digits + checksum(of: digits.utf8)
    }

    /// Whether the text has a secret's form and its checksum is right: says nothing about whether
    /// such a key exists.
    package static func isWellFormed(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count == length, text.hasPrefix(prefix) else { return false }
        let digits = text.utf8.dropFirst(prefix.utf8.count)
        guard digits.allSatisfy(isHexadecimal) else { return false }
        return checksum(of: digits.prefix(64)).utf8.elementsEqual(digits.suffix(8))
    }

    /// The last characters, to tell keys apart; far too few to find the secret by.
    package static func hint(of secret: String) -> String { String(secret.suffix(4)) }

    /// FNV-1a, 32 bits: catches typing errors; the random bits are what keeps others out.
    private static func checksum(of digits: some Sequence<UInt8>) -> String {
        var hash: UInt32 = 0x811C_9DC5
        for digit in digits { hash = (hash ^ UInt32(digit)) &* 0x0100_0193 }
        return hexadecimal(UInt64(hash), count: 8)
    }

    private static func hexadecimal(_ value: UInt64, count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: count - digits.count) + digits
    }

    private static func isHexadecimal(_ digit: UInt8) -> Bool {
        (0x30...0x39).contains(digit) || (0x61...0x66).contains(digit)
    }
}
