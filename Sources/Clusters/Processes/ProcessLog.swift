import Foundation
import SystemPackage

/// The file that takes a child's standard output and standard error.
///
/// The child writes into the file itself, so its last words are there even when we are gone. When
/// the file is full its content moves to `NAME.1` and the file is emptied in place: the child has
/// it open for appending and goes on at the start.
package struct ProcessLog: Sendable {
    package static let maximumBytes: Int64 = 16 << 20
    /// How much of the end is read for a message to a person.
    private static let tailBytes = 4096

    package let path: String

    package init(path: String) { self.path = path }

    /// The logs of all children that were started with this log directory.
    package static func all(in directory: String) -> [ProcessLog] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".log") }.map { ProcessLog(path: "\(directory)/\($0)") }
    }

    func openForAppending() throws -> FileDescriptor {
        try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec],
            permissions: .ownerReadWrite)
    }

    /// Empties the file if it has grown beyond `maximumBytes`.
    package func rotate(maximumBytes: Int64 = ProcessLog.maximumBytes) throws {
        let file = try FileDescriptor.open(FilePath(path), .readWrite, options: .closeOnExec)
        try file.closeAfter {
            guard try file.seek(offset: 0, from: .end) > maximumBytes else { return }
            try file.seek(offset: 0, from: .start)
            let older = try FileDescriptor.open(
                FilePath(path + ".1"), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: .ownerReadWrite)
            try older.closeAfter { try Self.copy(from: file, to: older) }
            try file.resize(to: 0)
        }
    }

    private static func copy(from source: FileDescriptor, to target: FileDescriptor) throws {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            while true {
                let count = try source.read(into: buffer)
                guard count > 0 else { return }
                try target.writeAll(buffer[..<count])
            }
        }
    }

    /// The last lines of the file, oldest first; empty if it cannot be read.
    package func lastLines(_ count: Int) -> [String] {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return [] }
        let bytes = try? file.closeAfter {
            let size = try file.seek(offset: 0, from: .end)
            let start = max(0, size - Int64(Self.tailBytes))
            return try [UInt8](unsafeUninitializedCapacity: Self.tailBytes) { buffer, length in
                length = try file.read(
                    fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        let lines = String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
        return lines.suffix(count).map(String.init)
    }
}
