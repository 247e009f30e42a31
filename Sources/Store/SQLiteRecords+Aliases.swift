import Fleet
import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Aliases = Statements.Aliases

    func modelAliases() throws -> [ModelAlias] {
        try rows(Aliases.every) { try Self.decoded(from: $0.text(0)) }
    }

    func insert(_ alias: ModelAlias) throws {
        try execute(Aliases.insert, "\(alias.id)", "\(alias.project)", try Self.json(alias))
    }

    func update(_ alias: ModelAlias) throws {
        try execute(Aliases.update, "\(alias.id)", try Self.json(alias))
    }

    func removeModelAlias(_ id: InferenceProfileID) throws {
        try execute(Aliases.remove, "\(id)")
    }
}
