import Foundation

/// The bytes in which a document is stored: JSON with sorted keys, so that the same document has
/// the same bytes.
package enum DocumentText {
    package static func encode(_ document: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    package static func decode<Document: Decodable>(
        _ type: Document.Type = Document.self, from text: String
    ) throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(text.utf8))
    }
}
