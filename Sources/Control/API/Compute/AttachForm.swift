import CapacityPath
import Foundation
import Vocabulary

/// What a request wants to be attached to.
enum AttachForm {
    private static let maximumArguments = 256

    static func target(_ query: APIQuery) throws(Failure) -> AttachTarget {
        let port = try query.whole("port", 1...65_535)
        let command = query["command"]
        switch (port, command) {
        case (let port?, nil):
            guard query["columns"] == nil, query["rows"] == nil else {
                throw Failure(
                    .invalidRequest, "A port has no terminal: leave 'columns' and 'rows' out.",
                    parameter: "columns")
            }
            return .port(UInt16(port))
        case (nil, let text?):
            return .command(try arguments(text), terminal: try terminal(query))
        default:
            throw Failure(
                .invalidRequest,
                "Say what to attach to: either 'port', or 'command' as a JSON list of texts.",
                parameter: "command")
        }
    }

    private static func arguments(_ text: String) throws(Failure) -> [String] {
        guard let arguments = try? JSONDecoder().decode([String].self, from: Data(text.utf8)),
            (1...maximumArguments).contains(arguments.count), arguments[0] != "",
            !arguments.contains(where: { $0.utf8.contains(0) })
        else {
            throw Failure(
                .invalidRequest,
                "'command' must be a JSON list of 1 to \(maximumArguments) texts: "
                    + "[\"/bin/sh\"].", parameter: "command")
        }
        return arguments
    }

    private static func terminal(_ query: APIQuery) throws(Failure) -> TerminalSize? {
        let columns = try query.whole("columns", 1...1000)
        let rows = try query.whole("rows", 1...1000)
        switch (columns, rows) {
        case (nil, nil): return nil
        case (let columns?, let rows?): return TerminalSize(columns: columns, rows: rows)
        default:
            throw Failure(
                .invalidRequest, "'columns' and 'rows' go together.", parameter: "rows")
        }
    }
}
