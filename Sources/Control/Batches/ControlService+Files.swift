import Foundation
package import Records
package import Vocabulary

/// Files that customers keep with us: a row in the records, its bytes beside them.
extension ControlService {
    /// The most that one project may keep.
    package static let maximumFileBytes: Int64 = 4 << 30
    package static let maximumFiles = 10_000
    /// Results of batches go after so long.
    package static let outputLife = Duration.seconds(30 * 86_400)

    package func createFile(
        of project: ProjectID, name: String, purpose: String, bytes: [UInt8],
        lifetime: Duration?
    ) throws -> FileRow {
        try write(bytes, as: name, purpose: purpose, lifetime: lifetime, of: project) {
            try $1.insert($0)
        }
    }

    /// - Parameter insert: Puts the row into the records.
    func write(
        _ bytes: [UInt8], as name: String, purpose: String, lifetime: Duration?,
        of project: ProjectID, insert: (FileRow, any Recorder) throws -> Void
    ) throws -> FileRow {
        let directory = try filesDirectory()
        try requireRoom(for: Int64(bytes.count), of: project)
        let now = clock.now()
        let row = FileRow(
            id: makeIdentifier(), project: project, name: name, purpose: purpose,
            bytes: Int64(bytes.count), createdAt: now, expiresAt: lifetime.map { now + $0 })
        let path = "\(directory)/\(row.id)"
        do {
            // The bytes first: a row without them would be a lie.
            try DurableFile.replace(path, with: bytes)
            try transact { try insert(row, $0) }
        } catch {
            unlink(path)
            unlink(path + ".new")
            throw error
        }
        return row
    }

    func requireRoom(for bytes: Int64, of project: ProjectID) throws {
        let totals = try records.read { try $0.fileTotals(of: project) }
        let joined = batchDesk.joining.values.filter { $0.project == project }
        let promised = try promisedResults(to: project)
        let kept = totals.bytes + promised.bytes + joined.reduce(0) { $0 + $1.bytes }
        guard totals.count + promised.count < Self.maximumFiles else {
            throw Failure(
                .tooLarge,
                "This project keeps \(totals.count) files, as many as it may. Delete what is not "
                    + "needed any more.", parameter: "file")
        }
        guard kept + bytes <= Self.maximumFileBytes else {
            throw Failure(
                .tooLarge,
                "This project keeps \(kept >> 20) MiB of files, and may keep "
                    + "\(Self.maximumFileBytes >> 20), results of batches under way among them. "
                    + "Delete what is not needed any more.",
                parameter: "file")
        }
    }

    /// What jobs that have not ended will write at least: their results repeat what was asked.
    private func promisedResults(
        to project: ProjectID
    ) throws -> (count: Int64, bytes: Int64) {
        let jobs = (batchDesk.active.values.map(\.row) + batchDesk.validating.values)
            .filter { $0.project == project && $0.form == .bedrock }
        guard !jobs.isEmpty else { return (0, 0) }
        return try records.read { records in
            let bytes = try jobs.reduce(0) { try $0 + (records.file($1.input)?.bytes ?? 0) }
            return (2 * Int64(jobs.count), bytes)
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
        if let reader = batchDesk.reader(of: row.id) {
            throw Failure(
                .conflict, "Batch \(reader) reads this file. Cancel it, or wait for its end.",
                parameter: "id")
        }
        try remove(row)
    }

    /// Removes what is not wanted any more, some at a time; what a batch reads waits for its end.
    func sweepFiles() throws {
        let directory = try filesDirectory()
        let inputs = batchDesk.inputs
        let gone = try records.read { try $0.files(expiredBy: clock.now()) }
            .filter { !inputs.contains($0.id) }.prefix(Self.sweptFiles)
        guard !gone.isEmpty else { return }
        try transact { records in
            for file in gone { try records.removeFile(file.id) }
        }
        for file in gone { unlink("\(directory)/\(file.id)") }
    }

    /// Removes what a crash has left without a row; nothing that may have been put there by hand
    /// or by a backup just now.
    func sweepOrphans(in directory: String) throws {
        let yesterday = Date(timeIntervalSinceNow: -86_400)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let path = "\(directory)/\(name)"
            let text = name.hasSuffix(".new") ? String(name.dropLast(4)) : name
            guard let id = FileID(text),
                let changedAt = try FileManager.default.attributesOfItem(atPath: path)[
                    .modificationDate] as? Date, changedAt < yesterday
            else { continue }
            let isKnown = try records.read { try $0.file(id) } != nil
            if !isKnown || text != name { unlink(path) }
        }
    }

    private static let sweptFiles = 200

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
