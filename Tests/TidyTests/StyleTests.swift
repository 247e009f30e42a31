import Foundation
import Testing

/// The style guide of CONTRIBUTING.md, as far as a program can check it.
@Suite(.timeLimit(.minutes(10)))
struct StyleTests {
    static let columns = 100
    static let fileLines = 600
    static let functionLines = 70

    /// What may not stand in our sources, and what stands there instead.
    static let banned: [(pattern: String, sources: Bool, instead: String)] = [
        ("TODO", false, "an issue, or the thing itself"),
        ("FIXME", false, "an issue, or the thing itself"),
        ("try! ", false, "try, and an error that says what to do"),
        ("fatalError(", true, "precondition with a reason"),
        ("Date()", true, "the injected WallClock"),
        ("UUID()", true, "an Identifier from the injected RandomSource"),
        ("Task.detached", true, "a task group"),
        ("nonisolated(unsafe)", true, "a Mutex, or an owner"),
        ("-Ounchecked", false, "-O: preconditions stay in release"),
    ]

    @Test(arguments: Repository.swiftFiles)
    func `files and lines are short`(file: Repository.File) {
        #expect(file.lines.count - 1 <= Self.fileLines, "split \(file.path) by reason to exist")
        let hasTexts = file.hasTexts
        var inText = false
        for (number, line) in file.lines.enumerated() {
            // Bytes first: counting characters takes long, and few lines need it.
            if !inText, line.utf8.count > Self.columns, line.count > Self.columns,
                !Self.isOneText(line)
            {
                Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
            }
            if hasTexts, line.contains(/"""(?!.*""")/) { inText.toggle() }
        }
    }

    /// A text is not cut just to be short: what it says could no longer be searched for.
    private static func isOneText(_ line: String) -> Bool {
        line.firstMatch(of: /^\s*(\+ )?#?"/) != nil
    }

    @Test(arguments: Repository.swiftFiles)
    func `functions are short`(file: Repository.File) {
        for (start, length) in Functions.lengths(in: file.lines) where length > Self.functionLines {
            Issue.record("\(file.path):\(start) is a function of \(length) lines")
        }
    }

    @Test(arguments: Repository.swiftFiles.filter { !$0.path.hasPrefix("Tests/TidyTests/") })
    func `banned words are not used`(file: Repository.File) {
        let isSource = file.path.hasPrefix("Sources/")
        let suspects = Self.banned.filter { word in
            (isSource || !word.sources) && file.has(word.pattern)
        }
        guard !suspects.isEmpty else { return }
        for (number, line) in file.lines.enumerated() {
            for word in suspects where line.contains(word.pattern) {
                Issue.record(
                    "\(file.path):\(number + 1): '\(word.pattern)'; use \(word.instead)")
            }
        }
    }

    @Test(arguments: Repository.swiftFiles.filter { $0.path.hasPrefix("Sources/") })
    func `names say what a thing is`(file: Repository.File) {
        let name = file.path.split(separator: "/").last ?? ""
        for drawer in ["Utils", "Utilities", "Helper", "Manager", "Common", "Core", "Misc"] {
            #expect(!name.contains(drawer), "\(file.path): '\(drawer)' says nothing")
        }
    }

    @Test(arguments: Repository.documents)
    func `a document has one title, first`(file: Repository.File) {
        var fenced = false
        var titles: [Int] = []
        for (number, line) in file.lines.enumerated() {
            if line.hasPrefix("```") { fenced.toggle() }
            if !fenced, line.hasPrefix("# ") { titles.append(number) }
        }
        #expect(titles == [0], "\(file.path)")
    }

    @Test func `a function is measured from its name to its closing brace`() {
        let lines = [
            "protocol Door {", "    func open() throws", "}", "struct Gate {",
            "    package static func open(", "        wide: Bool", "    ) async -> Int {",
            "        if wide {", "            return 2", "        }", "        return 1", "    }",
            "}",
        ]
        let found = Functions.lengths(in: lines)
        #expect(found.map(\.start) == [5])
        #expect(found.map(\.length) == [8])
    }

    @Test func `there is something to check`() {
        #expect(Repository.swiftFiles.count > 100)
        #expect(Repository.documents.count >= 5)
    }
}

/// Finds functions by their indentation, which the formatter guarantees: a function ends at the
/// first `}` that stands as far left as its `func` or `init`.
enum Functions {
    static func lengths(in lines: [String]) -> [(start: Int, length: Int)] {
        lines.enumerated().compactMap { number, line in
            // Plain words first: a regular expression takes long.
            guard line.contains("func ") || line.contains("init"),
                line.contains(/^\s*(@?\w+ )*(func |init[?(<])/), !line.hasSuffix("}")
            else {
                return nil
            }
            guard hasBody(lines[number...]) else { return nil }
            let indentation = String(line.prefix { $0 == " " })
            let rest = lines[(number + 1)...]
            guard let end = rest.firstIndex(where: { $0.hasPrefix(indentation + "}") }) else {
                return nil
            }
            return (start: number + 1, length: end - number + 1)
        }
    }

    /// A requirement of a protocol has none: its signature ends without an opening brace.
    private static func hasBody(_ lines: ArraySlice<String>) -> Bool {
        var depth = 0
        for line in lines {
            depth += line.count { $0 == "(" } - line.count { $0 == ")" }
            if depth == 0, line.hasSuffix("{") { return true }
            if line.isEmpty || depth == 0 && !line.hasSuffix("->") && !line.hasSuffix(")") {
                return false
            }
        }
        return false
    }
}
