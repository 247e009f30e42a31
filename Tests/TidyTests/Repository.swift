import Foundation
import Testing

/// The repository's text files, as the tidy tests look at them.
enum Repository {
    struct File: Sendable, CustomTestStringConvertible {
        /// Relative to the root: `Sources/Fleet/Deployment.swift`.
        let path: String
        let lines: [String]
        let bytes: Data

        /// Whether any line has a text of several lines, or the words, at all.
        var hasTexts: Bool { has("\"\"\"") }

        func has(_ words: String) -> Bool { bytes.range(of: Data(words.utf8)) != nil }

        var testDescription: String { path }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let swiftFiles = files(in: ["Sources", "Tests"], ending: ".swift")
    static let documents =
        files(in: ["docs"], ending: ".md")
        + ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].compactMap(file)

    static func file(_ path: String) -> File? {
        guard
            let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return File(path: path, lines: lines, bytes: Data(text.utf8))
    }

    private static func files(in directories: [String], ending: String) -> [File] {
        directories.flatMap { directory -> [File] in
            let all = FileManager.default.enumerator(
                atPath: root.appendingPathComponent(directory).path)
            return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(ending) }
                .sorted()
                .compactMap { file("\(directory)/\($0)") }
        }
    }
}
