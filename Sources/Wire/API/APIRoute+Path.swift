extension APIRoute: AddressedOperation {
    /// Why a request line names no operation.
    package enum Mismatch: Error, Hashable, Sendable {
        case unknownPath
        case methodNotAllowed(allowed: [Method])
    }

    /// The operation that a request line names, with the values of its template's parameters.
    ///
    /// `path` is as it stands in the request line, without the query.
    package static func match(
        method: String, path: String, among routes: [APIRoute] = allCases
    ) throws(Mismatch) -> (route: APIRoute, parameters: [String: String]) {
        let found = try match(
            method: method, segments: PathTemplate.segments(of: path), among: routes)
        return (found.operation, found.parameters)
    }

    /// The path of this operation: `values` fill the template's parameters in their order.
    package func path(_ values: String...) -> String {
        var rest = values[...]
        let segments = template.split(separator: "/").map { segment in
            segment.first == "{" ? PercentCoding.encode(rest.popFirst() ?? "") : String(segment)
        }
        precondition(rest.isEmpty, "more values than \(template) has parameters")
        return "/" + segments.joined(separator: "/")
    }
}

/// Percent-encoding of one path segment or query value (RFC 3986).
package enum PercentCoding {
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + hexadecimal(byte >> 4) + hexadecimal(byte & 15)
            }
        }
        return encoded
    }

    /// nil where a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value),
                let low = rest.popFirst().flatMap(value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hexadecimal(_ value: UInt8) -> String {
        String(value, radix: 16, uppercase: true)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
