/// A kind of thing that the owner names in the inventory, rather than one that we number.
package protocol NamedEntity: SendableMetatype {
    /// For messages: `site`, `pool`.
    static var noun: StaticString { get }
}

/// A name out of the inventory: 1 to 63 of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`, beginning with a
/// letter or digit. `Entity` keeps a pool's name from being taken for a node's.
package struct Name<Entity: NamedEntity>: Hashable, Sendable {
    /// The longest name, in characters; a host name's label is no longer.
    package static var maximumLength: Int { 63 }

    package let text: String

    /// nil unless the text is a name.
    package init?(_ text: some StringProtocol) {
        guard (1...Self.maximumLength).contains(text.utf8.count),
            text.utf8.allSatisfy(Self.isAllowed), let first = text.utf8.first,
            Self.isLetterOrDigit(first)
        else { return nil }
        self.text = String(text)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }
}

extension Name: CustomStringConvertible {
    package var description: String { text }
}

extension Name: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Name: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' cannot be the name of a \(Entity.noun): use up to "
                    + "\(Self.maximumLength) letters, digits, '.', '_' and '-'")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package enum Site: NamedEntity { package static var noun: StaticString { "site" } }
package enum Pool: NamedEntity { package static var noun: StaticString { "pool" } }
package enum Node: NamedEntity { package static var noun: StaticString { "node" } }
package enum Supplier: NamedEntity { package static var noun: StaticString { "supplier" } }
package enum ClusterEntity: NamedEntity { package static var noun: StaticString { "cluster" } }
package enum AcceleratorKind: NamedEntity {
    package static var noun: StaticString { "accelerator type" }
}
package enum Block: NamedEntity { package static var noun: StaticString { "block" } }
package enum Rack: NamedEntity { package static var noun: StaticString { "rack" } }

package typealias SiteName = Name<Site>
package typealias PoolName = Name<Pool>
package typealias NodeName = Name<Node>
package typealias SupplierName = Name<Supplier>
package typealias ClusterName = Name<ClusterEntity>
/// `h100`, `a100-80`; `cpu` where a CPU slot is what is sold.
package typealias AcceleratorType = Name<AcceleratorKind>
package typealias BlockName = Name<Block>
package typealias RackName = Name<Rack>
