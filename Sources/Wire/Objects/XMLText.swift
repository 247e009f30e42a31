/// Writes an XML document, element by element.
package struct XMLText: Sendable {
    private var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    package init() {}

    package var document: [UInt8] { Array(text.utf8) }

    package mutating func element(
        _ name: String, namespace: String? = nil, _ content: (inout XMLText) -> Void
    ) {
        text += "<\(name)"
        if let namespace { text += " xmlns=\"\(namespace)\"" }
        text += ">"
        content(&self)
        text += "</\(name)>"
    }

    /// An element of text alone.
    package mutating func leaf(_ name: String, _ value: String) {
        text += "<\(name)>\(Self.escaped(value))</\(name)>"
    }

    /// Control characters, which XML 1.0 cannot say, become U+FFFD.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\r": text += "&#13;"
            case "\t", "\n": text.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Reads what S3's clients send: elements of text in a known order, no more. Takes linear time.
package struct XMLElements: Sendable {
    /// Of what stands for one character, with its `&` and `;`.
    private static let longestEntity = 10

    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The texts of all elements of a name, in their order, wherever they stand; nil if there are
    /// more than `limit`, or one is no UTF-8.
    package func texts(of name: String, upTo limit: Int) -> [String]? {
        let open = Array("<\(name)>".utf8)
        let close = Array("</\(name)>".utf8)
        var texts: [String] = []
        var rest = bytes[...]
        while let start = Self.end(of: open, in: rest) {
            rest = rest[start...]
            guard let end = Self.end(of: close, in: rest) else { break }
            guard texts.count < limit,
                let text = String(
                    validating: Self.unescaped(rest[..<(end - close.count)]), as: UTF8.self)
            else { return nil }
            texts.append(text)
            rest = rest[end...]
        }
        return texts
    }

    /// Behind the first place where `mark` stands, which begins with its only `<`.
    private static func end(of mark: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        var rest = text
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            if rest[start...].starts(with: mark) { return start + mark.count }
            rest = rest[(start + 1)...]
        }
        return nil
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.first {
            if byte == UInt8(ascii: "&"),
                let end = rest.prefix(longestEntity).firstIndex(of: UInt8(ascii: ";")),
                let character = character(
                    String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
            {
                result += Array(String(character).utf8)
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func character(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.utf8.first == UInt8(ascii: "#") else { return nil }
            let digits = name.dropFirst()
            let value =
                digits.utf8.first == UInt8(ascii: "x")
                ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return value.flatMap(Unicode.Scalar.init)
        }
    }
}
