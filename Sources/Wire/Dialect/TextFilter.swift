/// What looks at the texts of an answer before a client sees them: whoever has such a thing puts it
/// between an engine's answer and a dialect. Texts follow each other, each ended by `finish`.
package protocol TextFilter: Sendable {
    /// What of the text so far may be given out; nothing once it is blocked.
    mutating func take(_ text: String) -> String
    /// The rest of the text.
    mutating func finish() -> String

    /// Nothing more is given out, and `message` stands in its place.
    var isBlocked: Bool { get }
    var message: String { get }
    /// What it has done until now.
    var guarded: GuardedAnswer { get }
}
