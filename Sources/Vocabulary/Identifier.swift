/// What an ``Identifier`` names: gives its text form a prefix.
package protocol IdentifiedEntity: Sendable {
    /// A few lower-case letters: `org`, `prj`, `key`.
    static var prefix: StaticString { get }
}

/// 128 bits that name one thing: 48 bits of milliseconds since 1970, then 80 random bits (the
/// layout of a ULID), so that identifiers made later sort later and new rows land at the end of
/// their index.
///
/// The text form is the entity's prefix, `_`, and 26 characters of Crockford's base 32 in lower
/// case: `org_01jd3v9w0k8m2c4e6g8j0p2r4t`. Identifiers of different entities do not mix.
package struct Identifier<Entity: IdentifiedEntity>: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a new identifier for the instant `now`.
    package init(at now: Instant, using random: inout some RandomNumberGenerator) {
        self.init(at: now, random: (random.next(), random.next()))
    }

    /// Makes one of random bits that the caller has: 16 of the first number, all of the second.
    package init(at now: Instant, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(clamping: now.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        self.high = milliseconds << 16 | random.0 >> 48
        self.low = random.1
    }

    /// Parses the text form; nil unless it is exactly that, prefix included.
    package init?(_ text: String) {
        var text = text
        guard let value = text.withUTF8(Self.value(of:)) else { return nil }
        self = value
    }

    package init?(_ text: Substring) {
        var text = text
        guard let value = text.withUTF8(Self.value(of:)) else { return nil }
        self = value
    }

    private static func value(of text: UnsafeBufferPointer<UInt8>) -> Self? {
        let start = Entity.prefix.utf8CodeUnitCount + 1
        guard text.count == start + Base32.length, text[start - 1] == UInt8(ascii: "_"),
            Entity.prefix.withUTF8Buffer({ text.starts(with: $0) }),
            let first = Base32.value(of: text[start]), first <= 7
        else { return nil }
        var value: UInt128 = 0
        for digit in text[start...] {
            guard let bits = Base32.value(of: digit) else { return nil }
            value = value << 5 | UInt128(bits)
        }
        return Self(
            high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }
}

extension Identifier: CustomStringConvertible {
    package var description: String {
        let name = Entity.prefix
        let length = name.utf8CodeUnitCount + 1 + Base32.length
        return String(unsafeUninitializedCapacity: length) { text in
            let start = name.withUTF8Buffer { text.initialize(fromContentsOf: $0) }
            text.initializeElement(at: start, to: UInt8(ascii: "_"))
            var value = UInt128(high) << 64 | UInt128(low)
            Base32.digits.withUTF8Buffer { digits in
                for position in stride(from: length - 1, to: start, by: -1) {
                    text.initializeElement(at: position, to: digits[Int(value & 31)])
                    value >>= 5
                }
            }
            return length
        }
    }
}

extension Identifier: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not an id of the form \(Entity.prefix)_…")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Crockford's base 32: no i, l, o or u, so that a person can read an identifier aloud.
private enum Base32 {
    static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    /// Digits of 128 bits; the first one is at most 7.
    static let length = 26

    /// By a digit's byte; 255 for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        digits.withUTF8Buffer { digits in
            for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        }
        return values
    }()

    static func value(of digit: UInt8) -> UInt8? {
        let value = values[Int(digit)]
        return value == 255 ? nil : value
    }
}

package enum Organization: IdentifiedEntity { package static var prefix: StaticString { "org" } }
package enum Project: IdentifiedEntity { package static var prefix: StaticString { "prj" } }
package enum APIKey: IdentifiedEntity { package static var prefix: StaticString { "key" } }
package enum ModelRequest: IdentifiedEntity { package static var prefix: StaticString { "req" } }
package enum GatewayProcess: IdentifiedEntity { package static var prefix: StaticString { "gw" } }
package enum LedgerTransaction: IdentifiedEntity {
    package static var prefix: StaticString { "txn" }
}
package enum InvoiceDocument: IdentifiedEntity { package static var prefix: StaticString { "inv" } }
package enum CreditNoteDocument: IdentifiedEntity {
    package static var prefix: StaticString { "crn" }
}
package enum ReplicaProcess: IdentifiedEntity { package static var prefix: StaticString { "rep" } }
package enum Job: IdentifiedEntity { package static var prefix: StaticString { "job" } }
package enum Instance: IdentifiedEntity { package static var prefix: StaticString { "ins" } }
package enum Reservation: IdentifiedEntity { package static var prefix: StaticString { "rsv" } }
package enum CapacityLease: IdentifiedEntity { package static var prefix: StaticString { "lse" } }
package enum StorageVolume: IdentifiedEntity { package static var prefix: StaticString { "vol" } }
package enum VolumeSnapshot: IdentifiedEntity { package static var prefix: StaticString { "snp" } }
package enum DemandPlan: IdentifiedEntity { package static var prefix: StaticString { "pln" } }
package enum Batch: IdentifiedEntity { package static var prefix: StaticString { "batch" } }
package enum StoredFile: IdentifiedEntity { package static var prefix: StaticString { "file" } }
package enum InferenceProfile: IdentifiedEntity {
    package static var prefix: StaticString { "aip" }
}

package typealias OrganizationID = Identifier<Organization>
package typealias ProjectID = Identifier<Project>
package typealias APIKeyID = Identifier<APIKey>
package typealias RequestID = Identifier<ModelRequest>
package typealias GatewayID = Identifier<GatewayProcess>
package typealias TransactionID = Identifier<LedgerTransaction>
package typealias InvoiceID = Identifier<InvoiceDocument>
package typealias CreditNoteID = Identifier<CreditNoteDocument>
package typealias ReplicaID = Identifier<ReplicaProcess>
package typealias JobID = Identifier<Job>
package typealias InstanceID = Identifier<Instance>
package typealias ReservationID = Identifier<Reservation>
package typealias BatchID = Identifier<Batch>
package typealias FileID = Identifier<StoredFile>
package typealias InferenceProfileID = Identifier<InferenceProfile>
package typealias LeaseID = Identifier<CapacityLease>
package typealias VolumeID = Identifier<StorageVolume>
package typealias SnapshotID = Identifier<VolumeSnapshot>
package typealias PlanID = Identifier<DemandPlan>
