import Fleet
import Foundation
import Vocabulary
import Wire

/// What is to run, and with what.
extension OrderForm {
    static func work(
        name: String?, command: [String], environment: [String: String]?,
        volumes: [VolumeMountBody]?, standardName: String? = nil
    ) throws(Failure) -> WorkSpecification {
        try check(command: command, environment ?? [:])
        let program = command[0].split(separator: "/").last.map(String.init) ?? command[0]
        return WorkSpecification(
            name: try checked(
                name: name ?? standardName ?? String(program.prefix(Limit.nameLength))),
            command: command, environment: environment ?? [:],
            volumes: try mounts(volumes ?? []))
    }

    static func checked(name: String) throws(Failure) -> String {
        guard (1...Limit.nameLength).contains(name.count),
            !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw Failure(
                .invalidRequest,
                "A name has 1 to \(Limit.nameLength) characters, and no control characters.",
                parameter: "name")
        }
        return name
    }

    private static func check(
        command: [String], _ environment: [String: String]
    ) throws(Failure) {
        guard (1...Limit.arguments).contains(command.count), command[0] != "" else {
            throw Failure(
                .invalidRequest,
                "'command' is the program and its arguments, 1 to \(Limit.arguments) texts.",
                parameter: "command")
        }
        guard environment.count <= Limit.variables else {
            throw Failure(
                .invalidRequest, "At most \(Limit.variables) variables can be given.",
                parameter: "environment")
        }
        for name in environment.keys.sorted() {
            guard isVariable(name) else {
                throw Failure(
                    .invalidRequest,
                    "'\(name)' cannot be a variable's name: letters, digits and '_', not beginning "
                        + "with a digit or SPILLWAY_.", parameter: "environment")
            }
        }
        let texts = command + environment.flatMap { [$0.key, $0.value] }
        guard texts.reduce(0, { $0 + $1.utf8.count }) <= Limit.commandBytes else {
            throw Failure(
                .tooLarge,
                "Command and variables are longer than \(Limit.commandBytes) bytes. Send a file.",
                parameter: "command")
        }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw Failure(
                .invalidRequest, "A zero byte can stand in no argument and no variable.",
                parameter: "command")
        }
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first),
            !name.hasPrefix("SPILLWAY_"), name.utf8.count <= 256
        else { return false }
        return name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }

    private static func mounts(_ bodies: [VolumeMountBody]) throws(Failure) -> [VolumeMount] {
        guard bodies.count <= Limit.volumes else {
            throw Failure(
                .invalidRequest, "At most \(Limit.volumes) volumes can be attached.",
                parameter: "volumes")
        }
        var paths: Set<String> = []
        var mounts: [VolumeMount] = []
        for (index, body) in bodies.enumerated() {
            let parameter = "volumes[\(index)].path"
            guard body.path.hasPrefix("/volumes/"),
                isRelativePath(String(body.path.dropFirst("/volumes/".count)))
            else {
                throw Failure(
                    .invalidRequest, "'\(body.path)' must be a path such as /volumes/data.",
                    parameter: parameter)
            }
            guard paths.insert(body.path).inserted else {
                throw Failure(
                    .invalidRequest, "'\(body.path)' is used by two volumes.", parameter: parameter)
            }
            mounts.append(
                VolumeMount(
                    volume: body.volume, path: body.path, readOnly: body.readOnly ?? false))
        }
        return mounts
    }

    static func files(_ encoded: [String: String]) throws(Failure) -> [String: [UInt8]] {
        guard encoded.count <= Limit.files else {
            throw Failure(
                .tooLarge, "At most \(Limit.files) files can be sent. Use a volume.",
                parameter: "files")
        }
        var files: [String: [UInt8]] = [:]
        var total = 0
        for (path, text) in encoded {
            guard isRelativePath(path), path != ".spillway", !path.hasPrefix(".spillway/") else {
                throw Failure(
                    .invalidRequest,
                    "'\(path)' is no path below /workspace that a file can have: no first '/', no "
                        + "'.' or '..', nothing in .spillway.", parameter: "files")
            }
            guard let data = Data(base64Encoded: text) else {
                throw Failure(
                    .invalidRequest, "The contents of '\(path)' are not base64.",
                    parameter: "files")
            }
            total += data.count
            guard total <= Limit.fileBytes else {
                throw Failure(
                    .tooLarge,
                    "The files are larger than \(Limit.fileBytes >> 20) MiB together. Use a "
                        + "volume.", parameter: "files")
            }
            files[path] = Array(data)
        }
        for path in files.keys {
            guard let blocked = parents(of: path).first(where: { files[$0] != nil }) else {
                continue
            }
            throw Failure(
                .invalidRequest, "'\(blocked)' cannot be a file and the directory of '\(path)'.",
                parameter: "files")
        }
        return files
    }

    private static func parents(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return parts.indices.dropFirst().map { parts[..<$0].joined(separator: "/") }
    }

    /// Whether a path stays below where it begins, whatever is there.
    static func isRelativePath(_ path: String) -> Bool {
        (1...ComputeAPI.maximumPath).contains(path.utf8.count) && !path.utf8.contains(0)
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255
            }
    }
}
