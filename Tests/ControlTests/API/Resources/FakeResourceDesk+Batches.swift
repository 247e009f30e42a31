import Control
import Records
import Vocabulary

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
