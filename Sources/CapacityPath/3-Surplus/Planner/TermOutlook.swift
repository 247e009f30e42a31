/// Whether a fleet is steady enough to promise anything for a long term: in how many of the past
/// terms some part of it stayed free from the first minute to the last.
package struct TermOutlook: Hashable, Codable, Sendable {
    /// What must have stayed free, share of the capacity.
    static let worthwhile = 0.02
    /// The part of the past terms in which it must have.
    static let steady = 0.9
    /// Terms that must have been seen.
    static let termsNeeded = 2

    /// Ends of past terms that were looked at, one per block.
    package private(set) var terms = 0
    /// Those in which the fleet itself needed next to everything at some minute.
    package private(set) var full = 0

    package init() {}

    mutating func observe(peak: Int, capacity: Int) {
        terms += 1
        if Double(peak) > (1 - Self.worthwhile) * Double(capacity) { full += 1 }
    }

    /// Share of the past terms that left room throughout.
    package var steadiness: Double {
        terms == 0 ? 0 : 1 - Double(full) / Double(terms)
    }

    var isSteady: Bool { steadiness >= Self.steady }
}
