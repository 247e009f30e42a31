package import Vocabulary

/// What commands meet of the world. A test gives its own; `main` gives the real one, with the
/// parts that this target does not know.
package struct CommandEnvironment: Sendable {
    /// Environment variables.
    package var variables: [String: String]
    /// Columns of the terminal; nil where output goes elsewhere and need not fit.
    package var columns: Int?
    package var workingDirectory: String
    package var output: @Sendable (String) -> Void
    package var errorOutput: @Sendable (String) -> Void
    /// Asks a person a question and gives the answer; nil where nobody can answer.
    package var ask: (@Sendable (String) -> String?)?
    package var readFile: @Sendable (String) throws -> String
    /// For files that need not be text.
    package var readBytes: @Sendable (String) throws -> [UInt8]
    /// The names of the files in a directory.
    package var listDirectory: @Sendable (String) throws -> [String]
    package var send: @Sendable (ControlAddress, ControlCall) async throws -> [UInt8]
    /// Sends a body to a path of a gateway, with an API key in the place of control's token.
    package var infer: @Sendable (ControlAddress, String, [UInt8]) async throws -> InferenceAnswer =
        { address, _, _ in throw Failure(.unavailable, "\(address.url) does not answer.") }
    package var random: RandomSource
    /// What only commands about rented capacity need.
    package var rental = RentalEnvironment()
    /// Recomputes what must hold from the files in a data directory.
    package var verify: @Sendable (String) async throws -> VerificationReport

    package init(
        variables: [String: String], columns: Int?, workingDirectory: String,
        output: @escaping @Sendable (String) -> Void,
        errorOutput: @escaping @Sendable (String) -> Void,
        ask: (@Sendable (String) -> String?)?,
        readFile: @escaping @Sendable (String) throws -> String,
        readBytes: (@Sendable (String) throws -> [UInt8])? = nil,
        listDirectory: @escaping @Sendable (String) throws -> [String] = { path in
            throw Failure(.notFound, "\(path) is no directory.")
        },
        send: @escaping @Sendable (ControlAddress, ControlCall) async throws -> [UInt8],
        random: RandomSource,
        verify: @escaping @Sendable (String) async throws -> VerificationReport = { path in
            throw Failure(.unsupported, "This program cannot verify \(path).")
        }
    ) {
        self.variables = variables
        self.columns = columns
        self.workingDirectory = workingDirectory
        self.output = output
        self.errorOutput = errorOutput
        self.ask = ask
        self.readFile = readFile
        self.readBytes = readBytes ?? { Array(try readFile($0).utf8) }
        self.listDirectory = listDirectory
        self.send = send
        self.random = random
        self.verify = verify
    }

    /// The environment in which the running command was started.
    @TaskLocal package static var current = CommandEnvironment.process
}

/// What `verify` found, invariant by invariant.
package struct VerificationReport: Codable, Hashable, Sendable {
    package struct Invariant: Codable, Hashable, Sendable {
        package var name: String
        package var holds: Bool
        /// What was looked at, or what is broken and where.
        package var detail: String

        package init(name: String, holds: Bool, detail: String) {
            self.name = name
            self.holds = holds
            self.detail = detail
        }
    }

    package var invariants: [Invariant]
    package var holds: Bool { invariants.allSatisfy(\.holds) }

    package init(invariants: [Invariant]) { self.invariants = invariants }

    package enum CodingKeys: String, CodingKey { case invariants, holds }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.invariants = try container.decode([Invariant].self, forKey: .invariants)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(holds, forKey: .holds)
        try container.encode(invariants, forKey: .invariants)
    }
}
