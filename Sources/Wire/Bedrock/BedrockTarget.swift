/// What an address of Bedrock's runtime names: `/model/{modelId}/converse`.
package struct BedrockTarget: Hashable, Sendable {
    package enum Operation: String, CaseIterable, Sendable {
        case converse
        case converseStream = "converse-stream"
        case invoke
        case invokeStream = "invoke-with-response-stream"
        case countTokens = "count-tokens"

        package var streams: Bool { self == .converseStream || self == .invokeStream }
    }

    /// The model's name; of an ARN, what stands behind its kind of resource.
    package let model: String
    package let operation: Operation

    package static let prefix = "/model/"

    /// nil unless the path, as it came and without its query, is such an address. It is split
    /// before it is decoded: clients encode the slashes of an ARN.
    package init?(path: String) {
        guard path.utf8.starts(with: Self.prefix.utf8) else { return nil }
        let parts = Array(path.utf8).dropFirst(Self.prefix.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty,
            let operation = Operation(rawValue: String(decoding: parts[1], as: UTF8.self)),
            let bytes = PercentEncoding.decoded(parts[0]),
            let identifier = String(validating: bytes, as: UTF8.self)
        else { return nil }
        self.model = Self.model(of: identifier)
        self.operation = operation
    }

    /// Kinds of ARN that name a model, by its own name or by one of a project's.
    private static let kinds: Set = [
        "foundation-model", "inference-profile", "provisioned-model", BedrockName.profileKind,
    ]

    /// An ARN of another kind stays whole, and is no model here.
    package static func model(of identifier: String) -> String {
        guard let name = BedrockName(identifier), let kind = name.kind, kinds.contains(kind) else {
            return identifier
        }
        return name.name
    }
}
