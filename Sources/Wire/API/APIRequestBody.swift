/// A body that somebody sends to our API: its fields are known, so that a misspelt one is refused
/// instead of ignored.
package protocol APIRequestBody: Codable, Sendable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

/// Decodes a body and refuses fields that it does not have.
package struct Strict<Body: APIRequestBody>: Decodable, Sendable {
    package let body: Body

    package init(from decoder: any Decoder) throws {
        let known = Body.CodingKeys.allCases.map(\.stringValue)
        let container = try decoder.container(keyedBy: AnyField.self)
        for field in container.allKeys where !known.contains(field.stringValue) {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: [field],
                    debugDescription:
                        "there is no such field; known are \(known.joined(separator: ", "))"))
        }
        self.body = try Body(from: decoder)
    }
}

private struct AnyField: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// What a change does to one setting: an absent field keeps it, `null` removes it.
package enum Change<Value: Codable & Hashable & Sendable>: Hashable, Sendable {
    case keep
    case remove
    case set(Value)

    package func applied(to current: Value?) -> Value? {
        switch self {
        case .keep: current
        case .remove: nil
        case .set(let value): value
        }
    }
}

extension KeyedDecodingContainer {
    package func decodeChange<Value>(
        _ type: Value.Type = Value.self, forKey key: Key
    ) throws -> Change<Value> {
        if !contains(key) { return .keep }
        if try decodeNil(forKey: key) { return .remove }
        return .set(try decode(Value.self, forKey: key))
    }
}

extension KeyedEncodingContainer {
    package mutating func encodeChange(
        _ change: Change<some Codable & Hashable & Sendable>, forKey key: Key
    ) throws {
        switch change {
        case .keep: break
        case .remove: try encodeNil(forKey: key)
        case .set(let value): try encode(value, forKey: key)
        }
    }
}
