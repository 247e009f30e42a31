import Glibc
import Vocabulary

/// Files below a directory that somebody else may fill: a path is walked name by name, and a link
/// is never followed, so that no path leads out.
enum Beneath {
    private static let longestPath = 4096
    private static let longestName = 255

    /// The names of a relative path. Throws ``Failure`` for an absolute one, `..` and the like.
    static func names(of path: String) throws(Failure) -> [String] {
        let names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isGood =
            path.utf8.count <= longestPath && !path.utf8.contains(0) && !names.isEmpty
            && names.allSatisfy {
                !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= longestName
            }
        guard isGood else {
            throw Failure(
                .invalidRequest,
                "'\(path)' must be a path relative to /workspace, without '.', '..' or empty "
                    + "names.",
                parameter: "path")
        }
        return names
    }

    /// The content of a plain file. Throws ``Failure``: not found, not plain, or above `limit`.
    static func read(_ path: String, in directory: String, limit: Int) throws(Failure) -> [UInt8] {
        let names = try names(of: path)
        let parent = try walk(names.dropLast(), in: directory) { _ throws(Failure) in }
        defer { close(parent) }
        // A pipe would block without O_NONBLOCK.
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = openat(parent, names[names.count - 1], flags)
        guard file >= 0 else { throw refusal(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(
                .invalidRequest, "'\(path)' is not a plain file.", parameter: "path")
        }
        guard status.st_size <= limit else {
            throw Failure(
                .tooLarge,
                "'\(path)' has \(status.st_size) bytes, and at most \(limit) can be fetched at a "
                    + "time. Split it, or write it to a volume.", parameter: "path")
        }
        return try Descriptors.readAll(file, limit: limit)
    }

    /// Makes a file, and the directories above it, owned by `owner` where one is given.
    static func write(
        _ bytes: [UInt8], to path: String, in directory: String, owner: UInt32?
    ) throws(Failure) {
        let names = try names(of: path)
        let parent = try walk(names.dropLast(), in: directory) { step throws(Failure) in
            if mkdirat(step.directory, step.name, 0o755) == 0, let owner {
                fchownat(step.directory, step.name, owner, owner, AT_SYMLINK_NOFOLLOW)
            }
        }
        defer { close(parent) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        let file = openat(parent, names[names.count - 1], flags, 0o755)
        guard file >= 0 else { throw Descriptors.failure(path) }
        defer { close(file) }
        fchmod(file, 0o755)
        if let owner { fchown(file, owner, owner) }
        try Descriptors.writeAll(bytes, to: file)
    }

    private static func walk(
        _ names: some Sequence<String>, in directory: String,
        before: (_ step: (directory: Int32, name: String)) throws(Failure) -> Void
    ) throws(Failure) -> Int32 {
        var current = try Descriptors.open(directory, O_RDONLY | O_DIRECTORY)
        for name in names {
            do throws(Failure) {
                try before((current, name))
            } catch {
                close(current)
                throw error
            }
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let problem = refusal(name)
            close(current)
            guard next >= 0 else { throw problem }
            current = next
        }
        return current
    }

    private static func refusal(_ path: String) -> Failure {
        switch errno {
        case ENOENT, ENOTDIR:
            Failure(.notFound, "There is no file '\(path)'.", parameter: "path")
        case ELOOP:
            Failure(
                .forbidden, "'\(path)' is a link, and links are not followed.", parameter: "path")
        default: Descriptors.failure(path)
        }
    }
}
