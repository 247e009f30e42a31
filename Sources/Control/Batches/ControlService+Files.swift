import Foundation
package import Records
package import Vocabulary

/// Files that customers keep with us: a row in the records, its bytes beside them.
extension ControlService {
    /// The most that one project may keep.
    package static let maximumFileBytes: Int64 = 4 << 30
    /// Results of batches go after so long.
    package static let outputLife = Duration.seconds(30 * 86_400)

    package func createFile(
        of project: ProjectID, name: String, purpose: String, bytes: [UInt8],
        lifetime: Duration?
    ) throws -> FileRow {
        let path = try filesDirectory()
        try requireRoom(for: Int64(bytes.count), of: project)
        let now = clock.now()
        let row = FileRow(
            id: makeIdentifier(), project: project, name: name, purpose: purpose,
            bytes: Int64(bytes.count), createdAt: now, expiresAt: lifetime.map { now + $0 })
        // The bytes first: a row without them would be a lie.
        try DurableFile.replace("\(path)/\(row.id)", with: bytes)
        try transact { try $0.insert(row) }
        return row
    }

    func requireRoom(for bytes: Int64, of project: ProjectID) throws {
        let kept = try records.read { try $0.files(of: project) }.reduce(0) { $0 + $1.bytes }
        guard kept + bytes <= Self.maximumFileBytes else {
            throw Failure(
                .tooLarge,
                "This project keeps \(kept >> 20) MiB of files, and may keep "
                    + "\(Self.maximumFileBytes >> 20). Delete what is not needed any more.",
                parameter: "file")
        }
    }

    package func files(of project: ProjectID) throws -> [FileRow] {
        try records.read { try $0.files(of: project) }
    }

    package func file(_ id: FileID, of project: ProjectID) throws -> FileRow {
        guard let row = try records.read({ try $0.file(id) }), row.project == project else {
            throw Failure(.notFound, "There is no file '\(id)'.", parameter: "id")
        }
        return row
    }

    /// Where a file's bytes are.
    package func path(of file: FileRow) throws -> String { "\(try filesDirectory())/\(file.id)" }

    package func deleteFile(_ id: FileID, of project: ProjectID) throws {
        let row = try file(id, of: project)
        if let reader = try reader(of: row) {
            throw Failure(
                .conflict, "Batch \(reader) reads this file. Cancel it, or wait for its end.",
                parameter: "id")
        }
        try remove(row)
    }

    /// A batch that has not ended and reads the file.
    func reader(of file: FileRow) throws -> BatchID? {
        try records.read { try $0.batches(of: file.project) }
            .first { try $0.input == file.id && !view($0).state.phase.isOver }?.id
    }

    func remove(_ file: FileRow) throws {
        try transact { try $0.removeFile(file.id) }
        unlink("\(try filesDirectory())/\(file.id)")
    }

    func filesDirectory() throws(Failure) -> String {
        guard let directory = batchDesk.directory else {
            throw Failure(
                .unavailable, "Files are not kept yet: control is starting. Try again.",
                retry: .after(.seconds(1)))
        }
        return directory
    }
}

extension BatchState.Phase {
    var isOver: Bool { self == .over || self == .failed }
}
