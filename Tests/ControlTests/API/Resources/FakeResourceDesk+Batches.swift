import Control
import Records
import Vocabulary
import Wire

/// Batches are tested with control itself.
extension FakeResourceDesk {
    private var nothing: Failure { Failure(.notFound, "There is nothing here.") }

    func createFile(
        of project: ProjectID, name: String, purpose: String, bytes: [UInt8], lifetime: Duration?
    ) async throws -> FileRow { throw nothing }
    func files(of project: ProjectID) async throws -> [FileRow] { [] }
    func file(_ id: FileID, of project: ProjectID) async throws -> FileRow { throw nothing }
    func path(of file: FileRow) async throws -> String { throw nothing }
    func deleteFile(_ id: FileID, of project: ProjectID) async throws { throw nothing }

    func putObject(
        _ address: ObjectAddress, of project: ProjectID, bytes: [UInt8],
        if condition: ObjectCondition
    ) async throws -> FileRow { throw nothing }
    func object(_ address: ObjectAddress, of project: ProjectID) async throws -> FileRow {
        throw nothing
    }
    func objects(of project: ProjectID) async throws -> [FileRow] { [] }
    func removeObjects(
        _ addresses: [ObjectAddress], of project: ProjectID, if condition: ObjectCondition
    ) async throws {}
    func beginUpload(
        _ address: ObjectAddress, of project: ProjectID
    ) async throws -> FileID { throw nothing }
    func putPart(
        _ number: Int, of upload: FileID, _ address: ObjectAddress, of project: ProjectID,
        bytes: [UInt8]
    ) async throws -> FileRow { throw nothing }
    func completeUpload(
        _ upload: FileID, parts: [(number: Int, tag: String?)], _ address: ObjectAddress,
        of project: ProjectID, if condition: ObjectCondition
    ) async throws -> FileRow { throw nothing }
    func dropUpload(
        _ upload: FileID, _ address: ObjectAddress, of project: ProjectID
    ) async throws { throw nothing }

    func changeJobTags(
        of id: BatchID, in project: ProjectID,
        _ change: @Sendable (inout [String: String]) throws(Failure) -> Void
    ) async throws { throw nothing }
    func checkBatch(of models: Set<String>) async throws { throw nothing }
    func createBatch(_ order: BatchOrder) async throws -> BatchView { throw nothing }
    func batch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) async throws -> BatchView { throw nothing }
    func batches(of project: ProjectID, form: BatchRow.Form) async throws -> [BatchView] { [] }
    func cancelBatch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) async throws -> BatchView { throw nothing }
    func deleteBatch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) async throws { throw nothing }
}
