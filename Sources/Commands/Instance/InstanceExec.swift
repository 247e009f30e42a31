import ArgumentParser
import Foundation
import Vocabulary
import Wire

struct InstanceExec: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in an instance; a shell unless one is given.",
        discussion: """
            In a terminal it is interactive. Ends with the command's own exit code.

            Examples:
              spillway instance exec ins_01jd3v9w0k8m2c4e6g8j0p2r4t
              spillway instance exec ins_01jd3v9w0k8m2c4e6g8j0p2r4t -- nvidia-smi
            """)

    @Argument(help: "The instance's id.")
    var instance: InstanceID

    @Option(help: ArgumentHelp("The node of the gang, from 0.", valueName: "number"))
    var rank: Int?

    @Argument(parsing: .postTerminator, help: "Behind '--': the program and its arguments.")
    var command: [String] = []

    @OptionGroup var rent: RentOptions

    private static let shell = ["/bin/sh"]

    func run() async throws {
        let terminal = environment.rental.terminal
        let arguments = command.isEmpty ? Self.shell : command
        let list = String(decoding: try JSONEncoder().encode(arguments), as: UTF8.self)
        let call = ControlCall(
            .instanceAttach, path: APIRoute.instanceAttach.path("\(instance)"),
            query: [
                "command": list, "columns": terminal?.columns, "rows": terminal?.rows,
                "rank": rank,
            ])
        let session = try await environment.rental.attach(findAddress(), call)
        let restore = terminal?.enterRawMode()
        defer { restore?() }
        let code = try await carry(session)
        await session.close()
        guard let code else {
            throw Failure(
                .unavailable,
                "The connection to the instance was cut; the command may still run there.")
        }
        if code != 0 { throw ExitCode(code) }
    }

    /// The exit code; nil where the connection ended without one.
    private func carry(_ session: AttachSession) async throws -> Int32? {
        let input = environment.rental.standardInput()
        let feeding = Task {
            for await bytes in input { try await session.send(.data(bytes)) }
            try await session.send(.end)
        }
        defer { feeding.cancel() }
        let resizing = environment.rental.terminal.map { terminal in
            Task {
                for await window in terminal.resizes() {
                    try await session.send(.resize(columns: window.columns, rows: window.rows))
                }
            }
        }
        defer { resizing?.cancel() }
        for try await frame in session.incoming {
            switch frame {
            case .data(let bytes): environment.output(bytes: bytes)
            case .exit(let code): return code
            case .end, .resize: break
            }
        }
        return nil
    }
}
