package import ArgumentParser
import Foundation
import Vocabulary
import Wire

/// Options of every command that asks control.
package struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The data directory of the Spillway that is meant.",
            discussion:
                "Without it, SPILLWAY_CONTROL and SPILLWAY_TOKEN say which, else it is the one in "
                + "./data.",
            valueName: "directory"))
    package var data: String?

    @Flag(help: "Answer as JSON; money is decimal text in dollars.")
    package var json = false

    package init() {}
}

/// Options of commands that have an effect on money or access.
package struct EffectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Makes a repetition harmless: the same key has one effect.", valueName: "key"))
    package var idempotencyKey: String?

    package init() {}

    /// The given key, or a new one, so that an answer that got lost can be asked for again.
    var key: String {
        if let idempotencyKey { return idempotencyKey }
        let random = CommandEnvironment.current.random
        return "cli-" + String(random.next(), radix: 36) + String(random.next(), radix: 36)
    }
}

/// A command that asks control, or a gateway in front of it, and shows the answer.
protocol AskingCommand: AsyncParsableCommand {
    /// Whether answers are shown as they came.
    var answersJSON: Bool { get }
    func findAddress() throws -> ControlAddress
}

/// A command of the owner.
protocol OwnerCommand: AskingCommand {
    var connection: ConnectionOptions { get }
}

extension OwnerCommand {
    var answersJSON: Bool { connection.json }

    func findAddress() throws -> ControlAddress {
        try ControlAddress.find(data: connection.data, in: environment)
    }
}

extension AskingCommand {
    var environment: CommandEnvironment { CommandEnvironment.current }
    var text: TextOutput { TextOutput(columns: environment.columns) }

    func asker() throws -> Asker {
        Asker(environment: environment, address: try findAddress(), answersJSON: answersJSON)
    }

    func send(_ call: ControlCall) async throws -> [UInt8] { try await asker().send(call) }

    func ask<Answer: Decodable>(
        _ call: ControlCall, for type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try await asker().ask(call)
    }

    /// Asks, then prints the answer: as it came with `--json`, else as `text` shows it.
    func show<Answer: Decodable>(
        _ call: ControlCall, _ type: Answer.Type = Answer.self,
        text: (Answer, TextOutput) -> String
    ) async throws {
        let bytes = try await send(call)
        if answersJSON {
            environment.output(json: bytes)
        } else {
            environment.output(text(try Asker.decode(bytes), self.text))
        }
    }
}

/// Asks one control or gateway; what a command hands to what runs beside it.
struct Asker: Sendable {
    let environment: CommandEnvironment
    let address: ControlAddress
    let answersJSON: Bool

    func send(_ call: ControlCall) async throws -> [UInt8] {
        try await environment.send(address, call)
    }

    func ask<Answer: Decodable>(
        _ call: ControlCall, for type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try Self.decode(try await send(call))
    }

    static func decode<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes))
        } catch {
            throw Failure(
                .unsupported,
                "Control's answer is not in this version's form. Is it of another version of "
                    + "Spillway? '--json' shows it as it is.")
        }
    }
}

extension CommandEnvironment {
    /// An answer as it came.
    func output(json bytes: [UInt8]) {
        let answer = String(decoding: bytes, as: UTF8.self)
        output(answer.hasSuffix("\n") ? String(answer.dropLast()) : answer)
    }
}
