import Vocabulary
import Wire

/// A type whose values are one JSON value that its own coding does not tell.
protocol SchemaLeaf: Decodable {
    static var schema: JSONDocument { get }
    static var sample: Self { get }
}

/// Finds the schemas of bodies by letting them decode themselves: what a body asks its decoder for
/// is what it has. So the document cannot say anything else than the code does.
final class SchemaRecorder {
    /// A body's type does not tell what it is.
    struct Untold: Error { var type: String }

    /// Schemas of bodies by name.
    private(set) var components: [String: JSONDocument] = [:]
    private var known: [ObjectIdentifier: (schema: JSONDocument, sample: Any)] = [:]

    /// The schema of a type, by reference where it is a body.
    func schema(of type: any Decodable.Type) throws -> JSONDocument {
        func open<Value: Decodable>(_ type: Value.Type) throws -> JSONDocument {
            try learn(type).schema
        }
        return try open(type)
    }

    fileprivate func learn<Value: Decodable>(
        _ type: Value.Type
    ) throws -> (schema: JSONDocument, sample: Value) {
        if let found = known[ObjectIdentifier(type)], let sample = found.sample as? Value {
            return (found.schema, sample)
        }
        let learnt = try learnAnew(type)
        guard let sample = learnt.sample as? Value else {
            throw Untold(type: String(reflecting: type))
        }
        known[ObjectIdentifier(type)] = (learnt.schema, sample)
        return (learnt.schema, sample)
    }

    private func learnAnew<Value: Decodable>(
        _ type: Value.Type
    ) throws -> (schema: JSONDocument, sample: Any) {
        if let leaf = type as? any SchemaLeaf.Type { return (leaf.schema, leaf.sample) }
        if let list = type as? any SchemaList.Type {
            return (try list.schema(by: self), list.emptySample)
        }
        if let cases = type as? any (CaseIterable & RawRepresentable).Type,
            let found = Self.cases(of: cases)
        {
            return found
        }
        let fields = Fields()
        let sample = try Value(from: RecordingDecoder(recorder: self, fields: fields))
        let name = Self.name(of: type)
        components[name] = fields.schema(
            notes: (type as? any DescribedBody.Type)?.fieldNotes ?? [:])
        return (["$ref": .text("#/components/schemas/\(name)")], sample)
    }

    private static func cases<Cases: CaseIterable & RawRepresentable>(
        of type: Cases.Type
    ) -> (JSONDocument, Any)? {
        let names = type.allCases.compactMap { $0.rawValue as? String }
        guard let first = type.allCases.first, names.count == type.allCases.count else {
            return nil
        }
        return (["type": "string", "enum": .list(names.map(JSONDocument.text))], first)
    }

    /// `PoolBody.Price` is `PoolPrice`.
    private static func name(of type: any Any.Type) -> String {
        String(reflecting: type).split(separator: ".").dropFirst().map { part in
            part.hasSuffix("Body") ? part.dropLast("Body".count) : part
        }.joined()
    }

    /// What one body has asked for.
    fileprivate final class Fields {
        var properties: [String: JSONDocument] = [:]
        var required: Set<String> = []
        var optional: Set<String> = []

        func schema(notes: [String: String]) -> JSONDocument {
            var described = properties
            for (name, note) in notes {
                guard let schema = described[name] else { continue }
                described[name] = schema.with("description", .text(note))
            }
            let names = required.subtracting(optional).sorted()
            let schema: JSONDocument = ["type": "object", "properties": .object(described)]
            return names.isEmpty
                ? schema : schema.with("required", .list(names.map(JSONDocument.text)))
        }
    }
}

/// Lists and dictionaries: their schema is made of their element's.
protocol SchemaList {
    static func schema(by recorder: SchemaRecorder) throws -> JSONDocument
    static var emptySample: Any { get }
}

extension Array: SchemaList where Element: Decodable {
    static func schema(by recorder: SchemaRecorder) throws -> JSONDocument {
        ["type": "array", "items": try recorder.schema(of: Element.self)]
    }
    static var emptySample: Any { [Element]() }
}

extension Dictionary: SchemaList where Key == String, Value: Decodable {
    static func schema(by recorder: SchemaRecorder) throws -> JSONDocument {
        ["type": "object", "additionalProperties": try recorder.schema(of: Value.self)]
    }
    static var emptySample: Any { [String: Value]() }
}

private struct RecordingDecoder: Decoder {
    let recorder: SchemaRecorder
    let fields: SchemaRecorder.Fields
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordingContainer(recorder: recorder, fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw SchemaRecorder.Untold(type: "a list")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw SchemaRecorder.Untold(type: "a single value")
    }
}

private struct RecordingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    let fields: SchemaRecorder.Fields
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    /// Who asks whether a field is there can do without it.
    func contains(_ key: Key) -> Bool {
        fields.optional.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        do {
            let learnt = try recorder.learn(type)
            fields.properties[key.stringValue] = learnt.schema
            fields.required.insert(key.stringValue)
            return learnt.sample
        } catch let untold as SchemaRecorder.Untold {
            throw SchemaRecorder.Untold(type: "\(untold.type) for '\(key.stringValue)'")
        }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw SchemaRecorder.Untold(type: "a container for '\(key.stringValue)'")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw SchemaRecorder.Untold(type: "a list for '\(key.stringValue)'")
    }

    func superDecoder() throws -> any Decoder { throw SchemaRecorder.Untold(type: "super") }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        throw SchemaRecorder.Untold(type: "super")
    }
}
