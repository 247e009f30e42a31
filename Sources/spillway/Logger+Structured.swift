import Foundation
import Logging

extension Logger {
    /// Logs to standard error, one line an event, from the level that `SPILLWAY_LOG` names: `info`
    /// unless it says otherwise.
    static func structured(_ label: String, level: Logger.Level = .info) -> Logger {
        let named = ProcessInfo.processInfo.environment["SPILLWAY_LOG"]
        let chosen = named.flatMap(Logger.Level.init(rawValue:)) ?? level
        return Logger(label: label) { label in
            StructuredLogHandler(label: label, level: chosen, clock: .system)
        }
    }
}
