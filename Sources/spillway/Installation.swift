import Clusters
import Foundation
import Vocabulary

/// Where the files that came with this program are: the checkout's root, or the directory that the
/// tarball was unpacked into.
struct Installation {
    let root: String

    /// `SPILLWAY_HOME`, or the nearest directory above the program that has the engine's runner.
    static func find(environment: [String: String]) throws -> Installation {
        if let home = environment["SPILLWAY_HOME"], !home.isEmpty {
            return Installation(root: home)
        }
        var directory = URL(fileURLWithPath: try programPath()).deletingLastPathComponent()
        while directory.path != "/" {
            let root = Installation(root: directory.path)
            if root.has(root.engineRunner) { return root }
            directory.deleteLastPathComponent()
        }
        throw Failure(
            .notFound,
            "the files that belong to this program (engine/llama_runner.py and others) are not "
                + "above it. Set SPILLWAY_HOME to the directory that has them.")
    }

    /// The running program's file.
    static func programPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    var engineRunner: String { "\(root)/engine/llama_runner.py" }
    var enginePackages: String { "\(root)/.engine" }
    var demoModel: String { "\(root)/demo-model/tiny-llama-demo-q8_0.gguf" }
    /// Recorded work of a fleet, see README.md there.
    var demoFleet: String { "\(root)/demo/helios-earth" }
    var demoFleetPrices: String { "\(root)/demo/prices.yaml" }
    var demoPrices: String { "\(root)/prices/demo.yaml" }

    /// A `llama-server` on PATH, else the wheel; nil if there is neither.
    func engineSoftware(path: String) -> EngineSoftware? {
        for directory in path.split(separator: ":") where directory.hasPrefix("/") {
            let executable = "\(directory)/llama-server"
            if FileManager.default.isExecutableFile(atPath: executable) {
                return .server(executable: executable)
            }
        }
        let python = "/usr/bin/python3"
        guard has("\(enginePackages)/xllamacpp"), has(python) else { return nil }
        return .wheel(python: python, packages: enginePackages, runner: engineRunner)
    }

    private func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
