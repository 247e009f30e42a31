extension Statements {
    enum Answers {
        static let all = [insert, of, remove, removeOld]
        static let insert = Statement.insert(
            into: "answer_parts", "gateway", "journal_offset", "request", "bytes")
        static let of = Statement(
            "answer_parts.of",
            "SELECT bytes FROM answer_parts WHERE request = $1 ORDER BY journal_offset")
        static let removeOld = Statement(
            "answer_parts.remove_old", "DELETE FROM answer_parts WHERE request < $1")
        static let remove = Statement(
            "answer_parts.remove", "DELETE FROM answer_parts WHERE request = $1")
    }
}
