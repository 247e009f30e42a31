/// Leases of one term that run, counted by the good minute in which they began: a lease's clock
/// stands still in a telemetry gap, as its buyer is given the time again.
package struct LeaseBook: Hashable, Codable, Sendable {
    @RunLengths private var starts: [Int32]
    /// Accelerators on lease.
    package private(set) var held = 0

    package init(term: Int) {
        starts = Array(repeating: 0, count: max(1, term))
    }

    /// Ends the leases that have had their term when so many good minutes have passed.
    mutating func expire(goodMinutes: Int) {
        let slot = goodMinutes % starts.count
        held -= Int(starts[slot])
        starts[slot] = 0
    }

    mutating func sell(_ accelerators: Int, goodMinutes: Int) {
        starts[goodMinutes % starts.count] += Int32(accelerators)
        held += accelerators
    }
}
