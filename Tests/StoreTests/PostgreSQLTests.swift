import Foundation
import Store
import TestKit
import Testing

/// The same schema and the same statements on a real PostgreSQL, started for this test alone.
@Suite(.timeLimit(.minutes(10)))
struct PostgreSQLTests {
    private static let programs: String? = {
        let versions = "/usr/lib/postgresql"
        let found = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        return found.sorted().reversed().map { "\(versions)/\($0)/bin" }.first {
            FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
        }
    }()

    @Test(
        .enabled(
            if: programs != nil, "PostgreSQL is not installed: 'apt-get install postgresql'"))
    func `the migrations run and every statement prepares`() async throws {
        let programs = try #require(Self.programs)
        try await withTemporaryDirectory { directory in
            // PostgreSQL refuses to run as root: its files and processes are its own user's.
            let data = directory.path + "/data"
            if getuid() == 0 {
                try run("/bin/chown", ["postgres", directory.path])
            }
            try run(
                "\(programs)/initdb", ["-D", data, "-A", "trust", "-U", "spillway", "-N"],
                asServer: true)
            let server = try start(
                "\(programs)/postgres",
                [
                    "-D", data, "-k", directory.path, "-c", "listen_addresses=", "-c", "fsync=off",
                ])
            defer {
                server.interrupt()
                server.waitUntilExit()
            }
            try await waitUntilReady("\(programs)/pg_isready", directory.path)
            var script = "\\set ON_ERROR_STOP on\n"
            for statement in Schema.migration(for: .postgresql) { script += statement + ";\n" }
            for (number, statement) in Statements.all.enumerated() {
                script += "PREPARE statement_\(number) AS \(statement.sql);\n"
            }
            script += "SELECT count(*) FROM pg_prepared_statements;\n"
            let file = directory.path + "/script.sql"
            try script.write(toFile: file, atomically: true, encoding: .utf8)
            try run("/bin/chmod", ["755", directory.path])
            let output = try run(
                "\(programs)/psql",
                [
                    "-h", directory.path, "-U", "spillway", "-d", "postgres", "-X", "-q", "-t",
                    "-A", "-f", file,
                ])
            #expect(output.contains("\(Statements.all.count)"), "\(output)")
        }
    }

    /// Starts the server as a child; a daemon would keep what tells of its starter's end.
    private func start(_ program: String, _ arguments: [String]) throws -> Process {
        let process = process(program, arguments, asServer: true)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func waitUntilReady(_ program: String, _ socket: String) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while (try? run(program, ["-h", socket])) == nil {
            try #require(ContinuousClock.now < deadline, "PostgreSQL did not start")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func process(
        _ program: String, _ arguments: [String], asServer: Bool
    ) -> Process {
        let process = Process()
        if asServer, getuid() == 0 {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid=postgres", "--regid=postgres", "--init-groups", program] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
        }
        process.standardInput = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        return process
    }

    /// Runs a program to its end; what it says is the failure's text.
    @discardableResult
    private func run(
        _ program: String, _ arguments: [String], asServer: Bool = false
    ) throws -> String {
        let process = process(program, arguments, asServer: asServer)
        let path = NSTemporaryDirectory() + "spillway-output-\(UInt64.random(in: 0 ... .max))"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try #require(FileHandle(forWritingAtPath: path))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard process.terminationStatus == 0 else {
            throw ProgramFailed(program: program, output: text)
        }
        return text
    }
}

private struct ProgramFailed: Error {
    let program: String
    let output: String
}
