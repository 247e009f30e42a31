package import Vocabulary

/// A form as `multipart/form-data` (RFC 7578): its fields in their order, bytes as they came.
package struct MultipartForm: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package var name: String
        /// Of a file.
        package var fileName: String?
        package var content: [UInt8]
    }

    /// More is no form of ours.
    private static let maximumFields = 64

    package private(set) var fields: [Field] = []

    /// - Throws: `invalidRequest` if it is no such form.
    package init(_ body: [UInt8], contentType: String) throws(Failure) {
        guard let boundary = Self.boundary(of: contentType) else {
            throw Failure(
                .invalidRequest,
                "Send a form: 'Content-Type: multipart/form-data; boundary=…'.",
                parameter: "content-type")
        }
        // Each delimiter follows a line break; the first one may stand at the very beginning.
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let text = Array("\r\n".utf8) + body
        var position = try Self.find(delimiter, in: text, from: 0) + delimiter.count
        while !Self.begins(text, at: position, with: "--") {
            position = try Self.endOfLine(in: text, from: position)
            let end = try Self.find(delimiter, in: text, from: position - 2)
            fields.append(try Self.field(text[position..<max(position, end)]))
            guard fields.count <= Self.maximumFields else {
                throw Failure(.invalidRequest, "The form has too many fields.")
            }
            position = end + delimiter.count
        }
    }

    /// The text of a field; nil if it is not there.
    package func text(_ name: String) -> String? {
        fields.first { $0.name == name }.map { String(decoding: $0.content, as: UTF8.self) }
    }

    package func file(_ name: String) -> Field? { fields.first { $0.name == name } }

    private static func boundary(of contentType: String) -> String? {
        let parts = contentType.split(separator: ";").map { $0.trimmingBlanks }
        guard parts.first?.lowercased() == "multipart/form-data" else { return nil }
        let boundary = parameters(parts.dropFirst())["boundary"]
        return boundary.flatMap { (1...70).contains($0.utf8.count) ? $0 : nil }
    }

    private static func parameters(_ parts: some Sequence<Substring>) -> [String: String] {
        var values: [String: String] = [:]
        for part in parts {
            guard let equals = part.firstIndex(of: "=") else { continue }
            var value = part[part.index(after: equals)...]
            if value.count >= 2, value.first == "\"", value.last == "\"" {
                value = value.dropFirst().dropLast()
            }
            values[part[..<equals].lowercased()] = String(value)
        }
        return values
    }

    private static func field(_ part: ArraySlice<UInt8>) throws(Failure) -> Field {
        var rest = part
        var disposition: [String: String] = [:]
        while true {
            guard
                let end = rest.indices.dropLast().first(where: {
                    rest[$0] == 0x0D && rest[$0 + 1] == 0x0A
                })
            else { throw broken }
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 2)...]
            if line.isEmpty { break }
            guard line.lowercased().hasPrefix("content-disposition:") else { continue }
            disposition = parameters(line.split(separator: ";").map { $0.trimmingBlanks })
        }
        guard let name = disposition["name"] else { throw broken }
        return Field(name: name, fileName: disposition["filename"], content: Array(rest))
    }

    private static func find(
        _ pattern: [UInt8], in text: [UInt8], from start: Int
    ) throws(Failure) -> Int {
        var position = max(0, start)
        while position + pattern.count <= text.count {
            guard let next = text[position...].firstIndex(of: pattern[0]),
                next + pattern.count <= text.count
            else { break }
            if text[next..<next + pattern.count].elementsEqual(pattern) { return next }
            position = next + 1
        }
        throw broken
    }

    private static func begins(_ text: [UInt8], at position: Int, with mark: String) -> Bool {
        text[position...].starts(with: mark.utf8)
    }

    /// Behind the line break that follows, blanks before it aside.
    private static func endOfLine(in text: [UInt8], from start: Int) throws(Failure) -> Int {
        var position = start
        while position < text.count, text[position] == 0x20 || text[position] == 0x09 {
            position += 1
        }
        guard begins(text, at: position, with: "\r\n") else { throw broken }
        return position + 2
    }

    private static let broken = Failure(
        .invalidRequest, "The form cannot be read: it is no well-formed multipart/form-data.")
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
