import Foundation
import Logging
import Vocabulary

/// Writes one line an event to standard error: time, level, label, message, then the metadata as
/// `name=value`, sorted by name.
struct StructuredLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let clock: WallClock

    init(label: String, level: Logger.Level, clock: WallClock) {
        self.label = label
        self.logLevel = level
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "\(clock.now()) \(event.level.rawValue) \(label): \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(name)=\(Self.quoted("\(value)"))"
        }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// A value with spaces, quotes or line breaks is written as JSON would, so that an event stays
    /// one line.
    private static func quoted(_ value: String) -> String {
        guard value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "=" }) else {
            return value
        }
        var text = "\""
        for character in value {
            switch character {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n", "\r\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text + "\""
    }
}
