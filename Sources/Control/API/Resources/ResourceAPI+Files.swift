import Foundation
package import Records
package import Vocabulary
import Wire

package protocol FileDesk: Sendable {
    func createFile(
        of project: ProjectID, name: String, purpose: String, bytes: [UInt8], lifetime: Duration?
    ) async throws -> FileRow
    func files(of project: ProjectID) async throws -> [FileRow]
    func file(_ id: FileID, of project: ProjectID) async throws -> FileRow
    func path(of file: FileRow) async throws -> String
    func deleteFile(_ id: FileID, of project: ProjectID) async throws
}

/// OpenAI's files: what batches read and write.
extension ResourceAPI {
    /// What customers see under `/v1/files`; others of theirs are reached through their batch.
    private static let purposes = ["batch", "batch_output"]
    private static let maximumName = 255

    func files(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .createFile: return try .json(Self.body(try await upload(call)))
        case .retrieveFile: return try .json(Self.body(try await file(call)))
        case .deleteFile:
            let row = try await file(call)
            try await desk.deleteFile(row.id, of: call.identity.project)
            return try .json(OpenAIDeletedBody(id: "\(row.id)", object: "file"))
        case .downloadFile:
            let row = try await file(call)
            return try .file(
                at: try await desk.path(of: row), contentType: "application/octet-stream")
        default: return try await list(call)
        }
    }

    func file(_ call: ResourceCall) async throws -> FileRow {
        guard let id = FileID(call.text("id")) else { throw Self.noFile(call.text("id")) }
        let row = try await desk.file(id, of: call.identity.project)
        guard Self.purposes.contains(row.purpose) else { throw Self.noFile(call.text("id")) }
        return row
    }

    static func noFile(_ id: String) -> Failure {
        Failure(.notFound, "No such File object: \(id)", parameter: "id")
    }

    private func upload(_ call: ResourceCall) async throws -> FileRow {
        let form = try MultipartForm(
            call.request.body, contentType: call.header("content-type") ?? "")
        guard let purpose = form.text("purpose"), purpose == "batch" else {
            throw Failure(
                .unsupported,
                "`purpose` must be 'batch': files are kept here for batches alone.",
                parameter: "purpose")
        }
        guard let file = form.file("file"), let name = file.fileName,
            (1...Self.maximumName).contains(name.utf8.count)
        else {
            throw Failure(
                .invalidRequest,
                "`file` must be a file with a name of at most \(Self.maximumName) bytes.",
                parameter: "file")
        }
        guard !file.content.isEmpty else {
            throw Failure(.invalidRequest, "The file is empty.", parameter: "file")
        }
        return try await desk.createFile(
            of: call.identity.project, name: name, purpose: purpose, bytes: file.content,
            lifetime: try Self.lifetime(form))
    }

    private static func lifetime(_ form: MultipartForm) throws(Failure) -> Duration? {
        guard let text = form.text("expires_after[seconds]") else { return nil }
        guard form.text("expires_after[anchor]") ?? "created_at" == "created_at",
            let seconds = Int64(text), (3600...2_592_000).contains(seconds)
        else {
            throw Failure(
                .invalidRequest,
                "`expires_after` counts from 'created_at': 3600 to 2592000 seconds.",
                parameter: "expires_after")
        }
        return .seconds(seconds)
    }

    private func list(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let order = try call.choice("order", of: ["asc", "desc"], in: query) ?? "desc"
        var rows = try await desk.files(of: call.identity.project).filter { row in
            Self.purposes.contains(row.purpose)
                && query["purpose"].map { $0 == row.purpose } ?? true
        }
        if order == "desc" { rows.reverse() }
        let limit = try call.whole("limit", 1...10_000, in: query) ?? 10_000
        let (page, hasMore) = Self.page(rows, after: query["after"], limit: limit) { "\($0.id)" }
        return try .json(
            OpenAIListBody(page.map(Self.body), hasMore: hasMore) { "\($0.id)" })
    }

    private static func body(_ row: FileRow) -> OpenAIFileBody {
        OpenAIFileBody(
            id: row.id, bytes: row.bytes, createdAt: row.createdAt, expiresAt: row.expiresAt,
            filename: row.name, purpose: row.purpose)
    }

    /// What follows the item named `after`, at most `limit`; all from the first one without it.
    static func page<Item>(
        _ items: [Item], after: String?, limit: Int, identifier: (Item) -> String
    ) -> (page: [Item], hasMore: Bool) {
        var start = 0
        if let after {
            start = items.firstIndex { identifier($0) == after }.map { $0 + 1 } ?? items.count
        }
        return (Array(items[start...].prefix(limit)), items.count - start > limit)
    }
}
