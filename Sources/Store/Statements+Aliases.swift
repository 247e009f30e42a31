extension Statements {
    enum Aliases {
        static let all = [insert, update, remove, every]
        static let insert = Statement.insert(into: "model_aliases", "id", "project", "document")
        static let update = Statement(
            "model_aliases.update", "UPDATE model_aliases SET document = $2 WHERE id = $1")
        static let remove = Statement(
            "model_aliases.remove", "DELETE FROM model_aliases WHERE id = $1")
        static let every = Statement(
            "model_aliases.all", "SELECT document FROM model_aliases ORDER BY id")
    }
}
