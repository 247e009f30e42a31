import Fleet
import Foundation
import Vocabulary

/// What slurmrestd knows us by: out of a file that somebody else keeps fresh, or asked for from
/// Slurm in good time before the last one ends.
actor SlurmToken {
    private static let lifetimeSeconds = 3600
    /// A file is read again after so long.
    private static let fileAge = Duration.seconds(10)

    private let user: String
    private let file: String?
    private let commands: SlurmCommands
    private var last: (token: String, until: ContinuousClock.Instant)?
    private var asking: Task<String, any Error>?

    init(_ declaration: SlurmDeclaration) {
        user = declaration.user
        file = declaration.tokenFile
        commands = SlurmCommands(declaration)
    }

    func value() async throws(Failure) -> String {
        if let last, ContinuousClock.now < last.until { return last.token }
        let asked = asking ?? Task { try await self.fetch() }
        asking = asked
        do {
            return try await asked.value
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unavailable, "No token for slurmrestd: \(error)")
        }
    }

    /// The last one was refused.
    func renew() { last = nil }

    private func fetch() async throws -> String {
        defer { asking = nil }
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Failure(.unavailable, "The token for slurmrestd cannot be read: \(file)")
            }
            let text = String(decoding: data, as: UTF8.self)
            return keep(text.trimmingCharacters(in: .whitespacesAndNewlines), for: Self.fileAge)
        }
        let printed = try await commands.run([
            "scontrol", "token", "username=\(user)", "lifespan=\(Self.lifetimeSeconds)",
        ])
        guard let mark = printed.range(of: "SLURM_JWT=") else {
            throw Failure(.unavailable, "scontrol gave no token for \(user): is auth/jwt set up?")
        }
        let token = printed[mark.upperBound...].prefix { !$0.isWhitespace }
        return keep(String(token), for: .seconds(Self.lifetimeSeconds / 2))
    }

    private func keep(_ token: String, for time: Duration) -> String {
        last = (token, ContinuousClock.now + time)
        return token
    }
}
