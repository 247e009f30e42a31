import Foundation
import GRDB
package import Records
import Vocabulary

/// The records in one SQLite file, written by one process.
package struct SQLiteStore: RecordKeeper {
    /// What a commit that was answered survives.
    package enum Durability: String, Sendable {
        /// The machine's power, too: each commit waits for the disk.
        case power = "FULL"
        /// The process alone; for books that nobody depends on.
        case process = "OFF"
    }

    /// Seconds that a write waits for another process that holds the file.
    package static let busyTimeoutSeconds = 5

    private let pool: DatabasePool
    /// Called inside each write just before its commit; a test's way to lose one.
    private let beforeCommit: @Sendable () throws -> Void

    /// Opens the file, makes it if it is not there, and brings its tables up to date.
    ///
    /// - Throws: ``Failure`` where the file was written by a newer version.
    package init(
        path: String, durability: Durability = .power,
        beforeCommit: @escaping @Sendable () throws -> Void = {}
    ) throws {
        self.beforeCommit = beforeCommit
        let existed = FileManager.default.fileExists(atPath: path)
        pool = try DatabasePool(path: path, configuration: Self.configuration)
        // GRDB's WAL mode leaves NORMAL, which loses acknowledged commits with the power. The one
        // connection that writes stays open as long as the pool.
        try pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
        }
        if !existed {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        try migrate(path)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(TimeInterval(busyTimeoutSeconds))
        configuration.maximumReaderCount = 4
        configuration.journalMode = .wal
        configuration.foreignKeysEnabled = true
        return configuration
    }

    package func write<Result>(_ body: (any Recorder) throws -> Result) throws -> Result {
        try pool.writeWithoutTransaction { database in
            var result: Result?
            try database.inTransaction(.immediate) {
                result = try body(SQLiteRecords(database))
                try beforeCommit()
                return .commit
            }
            guard let result else { throw Failure(.internalError, "A write had no result.") }
            return result
        }
    }

    package func read<Result>(_ body: (any RecordReader) throws -> Result) throws -> Result {
        try pool.read { try body(SQLiteRecords($0)) }
    }

    /// What SQLite itself says about the connection that writes: `synchronous`, `journal_mode`.
    package func setting(_ pragma: String) throws -> String? {
        try pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(pragma)") }
    }

    package func close() throws { try pool.close() }

    private func migrate(_ path: String) throws {
        try pool.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                let found =
                    try database.tableExists("schema_version")
                    ? Int64.fetchOne(database, sql: "SELECT MAX(version) FROM schema_version") ?? 0
                    : 0
                guard found <= Schema.version else {
                    throw Failure(
                        .conflict,
                        "\(path) has schema version \(found); this Spillway knows "
                            + "\(Schema.version). Start the version that wrote it, or a newer one.")
                }
                guard found < Schema.version else { return .commit }
                for statement in Schema.migration(for: .sqlite, from: found) {
                    try database.execute(sql: statement)
                }
                try database.execute(
                    sql: "INSERT INTO schema_version (version) VALUES ($1)",
                    arguments: ["1": Schema.version])
                return .commit
            }
        }
    }
}
