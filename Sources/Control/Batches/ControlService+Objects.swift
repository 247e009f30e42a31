import Foundation
package import Records
package import Vocabulary
package import Wire

/// Objects, as S3 has them: a project's files under names of its own.
extension ControlService {
    /// Most bytes of one, however it came.
    package static let maximumObjectBytes: Int64 = 1 << 30
    /// An upload in parts that is not completed goes after so long.
    private static let uploadLife = Duration.seconds(86_400)

    package func putObject(
        _ address: ObjectAddress, of project: ProjectID, bytes: [UInt8],
        if condition: ObjectCondition
    ) throws -> FileRow {
        try write(
            bytes, as: address.name, purpose: FileRow.object, lifetime: Self.outputLife,
            of: project
        ) { row, records in
            try require(condition, of: row, records)
            try place(row, records)
        }
    }

    private func require(
        _ condition: ObjectCondition, of row: FileRow, _ records: any Recorder
    ) throws {
        let old = try records.file(named: row.name, of: row.project, purpose: row.purpose)
        try condition.require(old.map { ObjectBodies.tag(of: $0.id) })
    }

    package func object(_ address: ObjectAddress, of project: ProjectID) throws -> FileRow {
        let found = try records.read {
            try $0.file(named: address.name, of: project, purpose: FileRow.object)
        }
        guard let found else {
            throw Failure(.notFound, "The specified key does not exist.", parameter: address.key)
        }
        return found
    }

    package func objects(of project: ProjectID) throws -> [FileRow] {
        try records.read { try $0.files(of: project, purpose: FileRow.object) }
    }

    /// Does nothing where there is none, as S3 does.
    package func removeObjects(
        _ addresses: [ObjectAddress], of project: ProjectID, if condition: ObjectCondition
    ) throws {
        let now = clock.now()
        try transact { records in
            for address in addresses {
                let found = try records.file(
                    named: address.name, of: project, purpose: FileRow.object)
                try condition.require(found.map { ObjectBodies.tag(of: $0.id) })
                if let found { try records.retire(found.id, at: now) }
            }
        }
    }

    /// In the place of what has had the name.
    func place(_ row: FileRow, _ records: any Recorder) throws {
        let old = try records.file(named: row.name, of: row.project, purpose: row.purpose)
        if let old { try records.retire(old.id, at: row.createdAt) }
        try records.insert(row)
    }

    // MARK: In parts

    package func beginUpload(
        _ address: ObjectAddress, of project: ProjectID
    ) throws -> FileID {
        try requireRoom(for: 0, of: project)
        let now = clock.now()
        let row = FileRow(
            id: makeIdentifier(), project: project, name: address.name, purpose: FileRow.upload,
            bytes: 0, createdAt: now, expiresAt: now + Self.uploadLife)
        try transact { try $0.insert(row) }
        return row.id
    }

    package func putPart(
        _ number: Int, of upload: FileID, _ address: ObjectAddress, of project: ProjectID,
        bytes: [UInt8]
    ) throws -> FileRow {
        _ = try self.upload(upload, address, project)
        return try write(
            bytes, as: Self.name(ofPart: number, of: upload), purpose: FileRow.part,
            lifetime: Self.uploadLife, of: project, insert: place)
    }

    /// Makes one object of parts, in the order given.
    ///
    /// - Parameter parts: Their numbers, and what they were called when they were put.
    package func completeUpload(
        _ upload: FileID, parts: [(number: Int, tag: String?)], _ address: ObjectAddress,
        of project: ProjectID, if condition: ObjectCondition
    ) async throws -> FileRow {
        let begun = try self.upload(upload, address, project)
        let rows = try parts.map { try part($0.number, $0.tag, of: upload, project) }
        let total = rows.reduce(0) { $0 + $1.bytes }
        guard total > 0 else {
            throw Failure(.invalidRequest, "You must specify at least one part.")
        }
        guard total <= Self.maximumObjectBytes else {
            throw Failure(
                .tooLarge,
                "The object would have \(total >> 20) MiB; \(Self.maximumObjectBytes >> 20) are "
                    + "the most.")
        }
        try requireRoom(for: total, of: project)
        let directory = try filesDirectory()
        try beginJoining(upload, of: project, bytes: total)
        defer { batchDesk.joining[upload] = nil }
        let id: FileID = makeIdentifier()
        do {
            try await Self.join(rows.map(\.id), into: id, in: directory)
            let now = clock.now()
            let row = FileRow(
                id: id, project: project, name: address.name, purpose: FileRow.object,
                bytes: total, createdAt: now, expiresAt: now + Self.outputLife)
            try transact { records in
                try require(condition, of: row, records)
                try place(row, records)
                try drop(begun, records)
            }
            return row
        } catch {
            unlink("\(directory)/\(id)")
            throw error
        }
    }

    /// Its bytes count from now on, though they are not there yet.
    private func beginJoining(_ upload: FileID, of project: ProjectID, bytes: Int64) throws {
        guard batchDesk.joining[upload] == nil else {
            throw Failure(.conflict, "The upload is being completed already.")
        }
        guard batchDesk.joining.count < BatchDesk.joinings else {
            throw Failure(
                .overloaded, "As many uploads as are completed at a time are. Try again.",
                retry: .after(.seconds(2)))
        }
        batchDesk.joining[upload] = (project, bytes)
    }

    package func dropUpload(
        _ upload: FileID, _ address: ObjectAddress, of project: ProjectID
    ) throws {
        let begun = try self.upload(upload, address, project)
        try transact { try drop(begun, $0) }
    }

    private func upload(
        _ id: FileID, _ address: ObjectAddress, _ project: ProjectID
    ) throws -> FileRow {
        guard let row = try records.read({ try $0.file(id) }), row.project == project,
            row.purpose == FileRow.upload, row.name == address.name
        else {
            throw Failure(
                .notFound,
                "The specified upload does not exist: it was completed, dropped or not for this key.",
                parameter: "uploadId")
        }
        return row
    }

    private func part(
        _ number: Int, _ tag: String?, of upload: FileID, _ project: ProjectID
    ) throws -> FileRow {
        let found = try records.read {
            try $0.file(
                named: Self.name(ofPart: number, of: upload), of: project, purpose: FileRow.part)
        }
        guard let found, tag == nil || tag == ObjectBodies.tag(of: found.id) else {
            throw Failure(
                .invalidRequest, "Part \(number) was not uploaded, or is another one by now.",
                parameter: "PartNumber")
        }
        return found
    }

    private func drop(_ upload: FileRow, _ records: any Recorder) throws {
        let now = clock.now()
        let parts = try records.files(of: upload.project, purpose: FileRow.part)
        for part in parts where part.name.hasPrefix("\(upload.id)/") {
            try records.retire(part.id, at: now)
        }
        try records.retire(upload.id, at: now)
    }

    private static func name(ofPart number: Int, of upload: FileID) -> String {
        "\(upload)/\(number)"
    }

    @concurrent
    private static func join(
        _ files: [FileID], into id: FileID, in directory: String
    ) async throws {
        let draft = try FileDraft(id, in: directory)
        for file in files {
            let reader = try FileHandle(
                forReadingFrom: URL(fileURLWithPath: "\(directory)/\(file)"))
            defer { try? reader.close() }
            while let piece = try reader.read(upToCount: 1 << 20), !piece.isEmpty {
                try draft.write(piece)
            }
        }
        _ = try draft.finish()
    }
}
