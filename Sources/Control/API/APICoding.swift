import Foundation
import Vocabulary
import Wire

/// JSON of our own API: sorted keys, so that equal answers have equal bytes.
enum APICoding {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// Decodes a body; what is wrong with it becomes a failure that names the field.
    static func decode<Body: APIRequestBody>(
        _ type: Body.Type = Body.self, from bytes: [UInt8]
    ) throws(Failure) -> Body {
        try decodeLoosely(Strict<Body>.self, from: bytes).body
    }

    /// Decodes a body that may have members which nobody knows.
    static func decodeLoosely<Body: Decodable>(
        _ type: Body.Type = Body.self, from bytes: [UInt8]
    ) throws(Failure) -> Body {
        guard !bytes.isEmpty else {
            throw Failure(.invalidRequest, "The request has no body; send a JSON object.")
        }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw failure(error)
        } catch {
            throw Failure(.invalidRequest, "The body could not be read as JSON.")
        }
    }

    private static func failure(_ error: DecodingError) -> Failure {
        switch error {
        case .keyNotFound(let key, let context):
            let field = path(context.codingPath + [key])
            return Failure(.invalidRequest, "'\(field)' is missing.", parameter: field)
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let field = path(context.codingPath)
            return Failure(
                .invalidRequest, "'\(field)' must be \(name(of: type)).", parameter: field)
        case .dataCorrupted(let context):
            let field = path(context.codingPath)
            if field.isEmpty {
                return Failure(.invalidRequest, "The body is not JSON; send one JSON object.")
            }
            return Failure(
                .invalidRequest, "'\(field)': \(context.debugDescription).", parameter: field)
        @unknown default:
            return Failure(.invalidRequest, "The body could not be read.")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a text (amounts of money too: \"12.50\")"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any Collection.Type: "a list or an object of the documented form"
        default: "of the documented form"
        }
    }
}
