package import Vocabulary

/// When a request was signed, as `X-Amz-Date` says: `20150830T123600Z`.
package struct SignatureStamp: Hashable, Sendable {
    package let text: String
    package let instant: Instant

    package init(_ text: String) throws(SignatureFault) {
        let digits = Array(text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        guard digits.count == 16,
            let instant = Instant(
                "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):"
                    + part(13..<16)), digits[8] == UInt8(ascii: "T")
        else { throw .incomplete("'X-Amz-Date' must look like 20150830T123600Z") }
        self.text = text
        self.instant = instant
    }
}
