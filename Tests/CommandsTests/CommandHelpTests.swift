import ArgumentParser
import Commands
import Foundation
import Testing

/// Every command explains itself, and the command reference has all of them.
@Suite struct CommandHelpTests {
    struct Command {
        var words: [String]
        var type: any ParsableCommand.Type
        var isLeaf: Bool { type.configuration.subcommands.isEmpty }
    }

    static let all = collect(TestProgram.Root.self, ["spillway"])

    private static func collect(
        _ type: any ParsableCommand.Type, _ words: [String]
    ) -> [Command] {
        [Command(words: words, type: type)]
            + type.configuration.subcommands.flatMap { child in
                collect(child, words + [child.configuration.commandName ?? ""])
            }
    }

    private func help(_ command: Command) -> String {
        TestProgram.Root.helpMessage(for: command.type, columns: 80)
    }

    @Test func `every command has an abstract, and a discussion with an example that names it`() {
        for command in Self.all where command.isLeaf {
            let configuration = command.type.configuration
            let name = command.words.joined(separator: " ")
            #expect(configuration.abstract.hasSuffix("."), "\(name)")
            #expect(configuration.discussion.contains("Example"), "\(name)")
            #expect(configuration.discussion.contains("  " + name), "\(name)")
        }
    }

    @Test func `examples parse`() throws {
        for command in Self.all where command.isLeaf {
            for words in examples(in: command.type.configuration.discussion) {
                #expect(throws: Never.self, "\(words)") {
                    _ = try TestProgram.Root.parseAsRoot(Array(words.dropFirst()))
                }
            }
        }
    }

    /// Lines that begin with `spillway`, split as a shell would, without redirections.
    private func examples(in discussion: String) -> [[String]] {
        discussion.replacing("\\\n", with: " ").split(separator: "\n").compactMap { line in
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("spillway ") else { return nil }
            var words: [String] = [""]
            var quoted = false
            for character in text.prefix(while: { $0 != ">" }) {
                switch character {
                case "\"": quoted.toggle()
                case " " where !quoted: if words.last != "" { words.append("") }
                default: words[words.count - 1].append(character)
                }
            }
            return words.filter { !$0.isEmpty }
        }
    }

    @Test func `help of a command reads like this`() throws {
        let create = try #require(Self.all.first { $0.words.last == "revoke" })
        #expect(
            help(create) == """
                OVERVIEW: Revoke an API key, everywhere within a second and for good.

                Example:
                  spillway key revoke key_01jd3v9w0k8m2c4e6g8j0p2r4t

                USAGE: spillway key revoke <key> [--data <directory>] [--json]

                ARGUMENTS:
                  <key>                   The key's id, not its secret.

                OPTIONS:
                  --data <directory>      The data directory of the Spillway that is meant.
                        Without it, SPILLWAY_CONTROL and SPILLWAY_TOKEN say which, else it is
                        the one in ./data.
                  --json                  Answer as JSON; money is decimal text in dollars.
                  -h, --help              Show help information.

                """)
    }

    @Test func `help is asked for and given`() async {
        let result = await TestProgram().run("customer", "create", "--help")
        #expect(result.exit == .done)
        #expect(result.errors.isEmpty)
        #expect(result.output.contains("USAGE: spillway customer create"))
    }

    /// Set SPILLWAY_RECORD=1 to write the reference anew.
    @Test func `the command reference is what the commands say`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/command-reference.md")
        let expected = CommandReference.render(Self.all.filter(\.isLeaf))
        if ProcessInfo.processInfo.environment["SPILLWAY_RECORD"] == "1" {
            try Data(expected.utf8).write(to: path)
        }
        let reference = try String(contentsOf: path, encoding: .utf8)
        #expect(reference == expected, "run the test with SPILLWAY_RECORD=1 and review the change")
    }
}
