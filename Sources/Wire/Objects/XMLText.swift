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

/// Reads what S3's clients send: elements of text in a known order, no more.
package struct XMLElements: Sendable {
    private let text: String

    package init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    /// The texts of all elements of a name, in their order, wherever they stand.
    package func texts(of name: String) -> [String] {
        var texts: [String] = []
        var rest = text[...]
        while let open = Self.find("<\(name)>", in: rest) {
            rest = rest[open.upperBound...]
            guard let close = Self.find("</\(name)>", in: rest) else { break }
            texts.append(Self.unescaped(rest[..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return texts
    }

    private static func find(_ mark: String, in text: Substring) -> Range<String.Index>? {
        text.firstRange(of: mark)
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            rest = rest[ampersand...]
            guard let end = rest.firstIndex(of: ";"),
                let character = character(rest[rest.index(after: ampersand)..<end])
            else {
                result += "&"
                rest = rest.dropFirst()
                continue
            }
            result.unicodeScalars.append(character)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private static func character(_ name: Substring) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.first == "#" else { return nil }
            let digits = name.dropFirst()
            let value =
                digits.first == "x"
                ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return value.flatMap(Unicode.Scalar.init)
        }
    }
}
