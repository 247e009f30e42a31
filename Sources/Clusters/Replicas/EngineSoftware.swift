import Glibc
import Link
import Vocabulary

/// The llama.cpp server of this machine, and how it is started.
package enum EngineSoftware: Hashable, Sendable {
    /// `llama-server` itself: an absolute path.
    case server(executable: String)
    /// The unpacked wheel `xllamacpp`, served by `runner` under `python`: absolute paths.
    case wheel(python: String, packages: String, runner: String)

    /// Threads of one engine: one saturates a core, and the gateway needs the others.
    package static let threads = 1
    /// Prompt cache beside the slots, in MiB: none, or one customer would see what another has
    /// asked. What is in a slot the gateway gives to its owner alone.
    private static let promptCacheMiB = 0

    func command(for order: EngineOrder, socket: String) -> ProcessCommand {
        let label = "engine-\(Self.fileName(for: order))"
        switch self {
        case .wheel(let python, let packages, let runner):
            return ProcessCommand(
                label: label, executable: python,
                arguments: [
                    runner, "--model", order.modelFile, "--alias", order.model,
                    "--socket", socket, "--slots", "\(order.slots)",
                    "--context", "\(order.contextLength)", "--threads", "\(Self.threads)",
                    "--supervisor", "\(getpid())",
                ],
                environment: ["PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"])
        case .server(let executable):
            return ProcessCommand(
                label: label, executable: executable,
                arguments: [
                    "--model", order.modelFile, "--alias", order.model, "--host", socket,
                    "--parallel", "\(order.slots)",
                    "--ctx-size", "\(Int64(order.slots) * order.contextLength)",
                    "--threads", "\(Self.threads)", "--threads-batch", "\(Self.threads)",
                    "--embeddings", "--pooling", "mean", "--metrics", "--slots", "--no-ui",
                    "--offline", "--cache-ram", "\(Self.promptCacheMiB)",
                ])
        }
    }

    /// The model's name as far as a file name may have it, and enough of the id to tell replicas of
    /// one model apart.
    private static func fileName(for order: EngineOrder) -> String {
        let name = order.model.map { character in
            character.isASCII && (character.isLetter || character.isNumber || character == ".")
                ? character : "-"
        }
        return "\(String(name.prefix(40)))-\(order.replica.description.suffix(6))"
    }
}
