import Foundation
import Vocabulary

extension CommandEnvironment {
    /// This process: its terminal, files and network.
    package static let process: CommandEnvironment = {
        var environment = withoutRental
        environment.rental = .process
        environment.infer = { address, path, body in
            try await GatewayClient.send(body, to: path, at: address)
        }
        return environment
    }()

    private static let withoutRental = CommandEnvironment(
        variables: ProcessInfo.processInfo.environment,
        columns: Terminal.columns(),
        workingDirectory: FileManager.default.currentDirectoryPath,
        output: { FileHandle.standardOutput.write(Data(($0 + "\n").utf8)) },
        errorOutput: { FileHandle.standardError.write(Data(($0 + "\n").utf8)) },
        ask: Terminal.question,
        readFile: { try text(ofFile: $0) },
        readBytes: { try bytes(ofFile: $0) },
        listDirectory: { try names(inDirectory: $0) },
        send: { address, call in try await ControlClient.send(call, to: address) },
        random: .system)

    private static func text(ofFile path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw Failure(
                .notFound, "\(path) cannot be read as text. Check the path and its rights.")
        }
    }
}

extension CommandEnvironment {
    private static func names(inDirectory path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure(
                .notFound, "\(path) cannot be read as a directory. Check the path and its rights.")
        }
    }

    private static func bytes(ofFile path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Failure(.notFound, "\(path) cannot be read. Check the path and its rights.")
        }
    }
}

/// The terminal that this process may have.
private enum Terminal {
    /// Asks on standard error; nil where nobody can answer.
    static var question: (@Sendable (String) -> String?)? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return nil }
        return { question in
            FileHandle.standardError.write(Data(question.utf8))
            return readLine()
        }
    }

    /// `COLUMNS` where it is set, else the terminal's own width; nil without a terminal.
    static func columns() -> Int? {
        if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text),
            columns > 0
        {
            return columns
        }
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1,
            ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }
}
