import Commands
import Control
import Foundation
import Store
import Vocabulary

// The commands know neither the store nor what must hold in it: that is given to them here.
var environment = CommandEnvironment.process
environment.verify = { path in
    let database = DataDirectory(path).database
    guard FileManager.default.fileExists(atPath: database) else {
        throw Failure(
            .notFound,
            "\(database) is not there: 'spillway up --data \(path)' has not run yet, or the "
                + "directory is another one.", parameter: "--data")
    }
    let store = try SQLiteStore(path: database)
    defer { try? store.close() }
    let findings = try Verification.run(store)
    return VerificationReport(
        invariants: findings.map {
            VerificationReport.Invariant(name: $0.name, holds: $0.holds, detail: $0.detail)
        })
}

let exitCode = await CommandEnvironment.$current.withValue(environment) {
    await CommandLineProgram.run(
        SpillwayProgram.self, arguments: Array(CommandLine.arguments.dropFirst()))
}
exit(exitCode.rawValue)
