package import Vocabulary

/// Accelerators as our API writes them: decimal text, exact to a thousandth, `"0.25"`. A whole
/// number is understood too.
package struct AcceleratorCount: Hashable, Sendable {
    package var accelerators: Accelerators

    package init(_ accelerators: Accelerators) { self.accelerators = accelerators }
}

extension AcceleratorCount: CustomStringConvertible {
    package var description: String { accelerators.description }
}

extension AcceleratorCount: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let whole = try? container.decode(Int64.self), (0...1_000_000_000).contains(whole) {
            self.init(.whole(Int(whole)))
            return
        }
        let text = try container.decode(String.self)
        guard let accelerators = Accelerators(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "'\(text)' is no number to the thousandth: write \"2\" or \"0.25\"")
        }
        self.init(accelerators)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
