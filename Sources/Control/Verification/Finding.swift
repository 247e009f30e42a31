/// What the verification says about one invariant.
package struct Finding: Hashable, Sendable {
    /// Examples of a broken invariant that are told in full.
    package static let maximumExamples = 5

    package let name: String
    /// How many things were looked at.
    package private(set) var checked: Int64 = 0
    package private(set) var broken: Int64 = 0
    package private(set) var examples: [String] = []
    /// What else is worth knowing.
    package var note: String?

    package init(_ name: String) { self.name = name }

    package var holds: Bool { broken == 0 }

    package var detail: String {
        if holds { return "\(checked) checked" + (note.map { ", \($0)" } ?? "") }
        return "\(broken) of \(checked) broken: " + examples.joined(separator: "; ")
    }

    /// Counts one look; `problem` says what is wrong if something is.
    mutating func check(_ holds: Bool, _ problem: @autoclosure () -> String) {
        checked += 1
        if !holds { fail(problem()) }
    }

    mutating func fail(_ problem: String) {
        broken += 1
        if examples.count < Self.maximumExamples { examples.append(problem) }
    }
}
