/// Kinds of personal data that a pattern can tell, by Bedrock's names. Those that take an
/// understanding of the text (names, addresses, ages) are not here, and are refused by name.
package enum PersonalData: String, CaseIterable, Hashable, Sendable, Codable {
    case email = "EMAIL"
    case phone = "PHONE"
    case ipAddress = "IP_ADDRESS"
    case macAddress = "MAC_ADDRESS"
    case url = "URL"
    case cardNumber = "CREDIT_DEBIT_CARD_NUMBER"
    case bankAccount = "INTERNATIONAL_BANK_ACCOUNT_NUMBER"
    case socialSecurityNumber = "US_SOCIAL_SECURITY_NUMBER"
    case awsAccessKey = "AWS_ACCESS_KEY"

    var source: String {
        switch self {
        case .email: #"\b[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,8}\b"#
        // Ten to fifteen digits in groups, with a country's code or an area's in brackets.
        case .phone: #"(\+\d{1,3}[ .-]?)?(\(\d{2,4}\)[ .-]?|\b\d{2,4}[ .-])\d{3,4}[ .-]?\d{3,4}\b"#
        case .ipAddress:
            #"\b((\d{1,3}\.){3}\d{1,3}|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4})\b"#
        case .macAddress: #"\b([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b"#
        case .url: #"\b(https?|ftp)://[^\s<>"']{1,400}"#
        case .cardNumber: #"\b\d([ -]?\d){12,18}\b"#
        case .bankAccount: #"\b[A-Z]{2}\d{2}( ?[A-Z0-9]){11,30}\b"#
        case .socialSecurityNumber: #"\b\d{3}-\d{2}-\d{4}\b"#
        case .awsAccessKey: #"\b(AKIA|ASIA)[A-Z0-9]{16}\b"#
        }
    }

    /// Whether what the pattern found is one: numbers have digits that check the others.
    func isOne(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        switch self {
        case .cardNumber: Self.passesLuhn(text)
        case .bankAccount: Self.isDivisible(text)
        case .ipAddress: Self.isAddress(text)
        case .socialSecurityNumber: Self.isIssued(text)
        default: true
        }
    }

    private static func digits(_ text: some Sequence<Unicode.Scalar>) -> [Int] {
        text.compactMap { (0x30...0x39).contains($0.value) ? Int($0.value - 0x30) : nil }
    }

    /// ISO/IEC 7812-1, annex B.
    private static func passesLuhn(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        var sum = 0
        for (index, digit) in digits(text).reversed().enumerated() {
            let value = index % 2 == 1 ? digit * 2 : digit
            sum += value > 9 ? value - 9 : value
        }
        return sum % 10 == 0
    }

    /// ISO 13616: the number with its first four characters last, letters as 10 to 35, is 1 modulo
    /// 97.
    private static func isDivisible(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        let characters = text.filter { $0 != " " }
        var rest = 0
        for scalar in characters.dropFirst(4) + characters.prefix(4) {
            let value =
                (0x30...0x39).contains(scalar.value)
                ? Int(scalar.value - 0x30) : Int(scalar.value) - 0x41 + 10
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97
        }
        return rest == 1
    }

    private static func isAddress(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        var parts = [0]
        for scalar in text {
            if scalar == ":" { return true }
            if scalar == "." {
                parts.append(0)
            } else {
                parts[parts.count - 1] = parts[parts.count - 1] * 10 + Int(scalar.value) - 0x30
            }
        }
        return parts.allSatisfy { $0 <= 255 }
    }

    /// No area is 000, 666 or from 900 on; no group 00; no serial number 0000.
    private static func isIssued(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        let digits = digits(text)
        guard digits.count == 9 else { return false }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        let area = number(0..<3)
        return area != 0 && area != 666 && area < 900 && number(3..<5) != 0 && number(5..<9) != 0
    }
}
