import CapacityPath
import Vocabulary
import Wire

extension String: SchemaLeaf {
    static var schema: JSONDocument { ["type": "string"] }
    static var sample: String { "" }
}

extension Bool: SchemaLeaf {
    static var schema: JSONDocument { ["type": "boolean"] }
    static var sample: Bool { false }
}

extension Int: SchemaLeaf {
    static var schema: JSONDocument { ["type": "integer", "format": "int64"] }
    static var sample: Int { 0 }
}

extension Int32: SchemaLeaf {
    static var schema: JSONDocument { ["type": "integer", "format": "int32"] }
    static var sample: Int32 { 0 }
}

extension Int64: SchemaLeaf {
    static var schema: JSONDocument { ["type": "integer", "format": "int64"] }
    static var sample: Int64 { 0 }
}

extension UInt64: SchemaLeaf {
    static var schema: JSONDocument { ["type": "integer", "minimum": 0] }
    static var sample: UInt64 { 0 }
}

extension Money: SchemaLeaf {
    static var schema: JSONDocument {
        [
            "type": "string", "format": "decimal", "pattern": "^-?[0-9]+(\\.[0-9]{1,18})?$",
            "description": "Dollars as an exact decimal.", "examples": ["12.5"],
        ]
    }
    static var sample: Money { .zero }
}

extension Instant: SchemaLeaf {
    static var schema: JSONDocument { ["type": "string", "format": "date-time"] }
    static var sample: Instant { Instant(microseconds: 0) }
}

extension BillingPeriod: SchemaLeaf {
    static var schema: JSONDocument {
        ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-11"]]
    }
    static var sample: BillingPeriod { BillingPeriod(containing: Instant(microseconds: 0)) }
}

extension AcceleratorCount: SchemaLeaf {
    static var schema: JSONDocument {
        [
            "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,3})?$",
            "description": "A decimal number, to the thousandth.", "examples": ["0.25"],
        ]
    }
    static var sample: AcceleratorCount { AcceleratorCount(.zero) }
}

extension AcceleratorHours: SchemaLeaf {
    static var schema: JSONDocument {
        [
            "type": "string", "format": "decimal", "pattern": "^-?[0-9]+(\\.[0-9]{1,6})?$",
            "description": "Accelerator-hours as a decimal.", "examples": ["12.5"],
        ]
    }
    static var sample: AcceleratorHours { .zero }
}

private let idDigits = "[0-7][0-9a-hjkmnp-tv-z]{25}"

extension Identifier: SchemaLeaf {
    static var schema: JSONDocument {
        ["type": "string", "pattern": .text("^\(Entity.prefix)_\(idDigits)$")]
    }
    static var sample: Self { Self(high: 0, low: 0) }
}

extension OrderID: SchemaLeaf {
    static var schema: JSONDocument {
        ["type": "string", "pattern": .text("^(job|ins|rsv)_\(idDigits)$")]
    }
    static var sample: OrderID { .job(JobID(high: 0, low: 0)) }
}

extension Name: SchemaLeaf {
    static var schema: JSONDocument {
        [
            "type": "string", "pattern": "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$",
            "description": .text("The name of a \(Entity.noun)."),
        ]
    }
    static var sample: Self {
        guard let name = Self("x") else { preconditionFailure("'x' is a name") }
        return name
    }
}
