/// How long a client says that it waits for an answer, as its header has it. Read only where a
/// request waits for a replica that is still to come.
struct ClientPatience {
    /// Of `Prefer: wait=10` (RFC 7240).
    var preference: String?
    /// What OpenAI's libraries tell of their own time-out, in seconds.
    var timeout: String?

    /// In whole seconds; nil where it does not say.
    var seconds: Int64? {
        let preferred = preference?.split(separator: ",").lazy.compactMap(Self.wait).first
        let whole = timeout?.split(separator: ".").first.flatMap { Int64($0) }
        return [preferred, whole].compactMap(\.self).filter { $0 >= 0 }.min()
    }

    private static func wait(_ part: Substring) -> Int64? {
        let words = part.split(separator: "=", maxSplits: 1)
        guard words.count == 2, words[0].filter({ $0 != " " }).lowercased() == "wait" else {
            return nil
        }
        return Int64(words[1].filter { $0 != " " })
    }
}
