import Foundation
import Records
import Vocabulary

/// A file on its way: has its name once it is whole.
final class FileDraft {
    let id: FileID
    private(set) var bytes: Int64 = 0
    private let path: String
    private let file: FileHandle
    private var waiting = Data()

    init(_ id: FileID, in directory: String) throws {
        self.id = id
        self.path = "\(directory)/\(id)"
        let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Self.failure("open", path)
        }
        self.file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// What has not got its name is nobody's.
    deinit { unlink(path + ".new") }

    /// It is not wanted, whether it has its name or not.
    func discard() { unlink(path) }

    /// Where the bytes are until ``finish()``, once all that was written is there.
    func flushed() throws -> String {
        try flush()
        return path + ".new"
    }

    /// Waits for stable storage beside the actors, so that what follows takes no time.
    @concurrent
    static func synchronize(_ paths: [String]) async throws {
        for path in paths {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            try file.synchronize()
        }
    }

    func write(_ text: some Collection<UInt8>) throws {
        bytes += Int64(text.count)
        waiting.append(contentsOf: text)
        if waiting.count > 1 << 20 { try flush() }
    }

    private func flush() throws {
        try file.write(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: true)
    }

    /// On stable storage under its name; false, and gone, if there is nothing in it.
    func finish() throws -> Bool {
        guard bytes > 0 else { return false }
        try flush()
        try file.synchronize()
        guard rename(path + ".new", path) == 0 else {
            throw Self.failure("rename", path)
        }
        try DurableFile.syncDirectory(of: path)
        return true
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(
            .internalError, "Could not \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
