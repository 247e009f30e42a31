import Batches
import Foundation
package import Records
package import Vocabulary
import Wire

package protocol BatchOrderDesk: Sendable {
    /// - Throws: `unsupported` if one of these models runs no batches.
    func checkBatch(of models: Set<String>) async throws
    func createBatch(_ order: BatchOrder) async throws -> BatchView
    func batch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) async throws -> BatchView
    /// The newest first.
    func batches(of project: ProjectID, form: BatchRow.Form) async throws -> [BatchView]
    func cancelBatch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) async throws -> BatchView
    func deleteBatch(_ id: BatchID, of project: ProjectID, form: BatchRow.Form) async throws
    func changeJobTags(
        of id: BatchID, in project: ProjectID,
        _ change: @Sendable (inout [String: String]) throws(Failure) -> Void
    ) async throws
}

/// OpenAI's batches.
extension ResourceAPI {
    /// Where lines may be posted.
    private static let endpoints = [
        "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses",
    ]
    private static let window = "24h"

    func batches(_ call: ResourceCall) async throws -> APIResponse {
        let project = call.identity.project
        switch call.operation {
        case .createBatch: return try .json(try Self.body(try await create(call)))
        case .retrieveBatch:
            return try .json(
                try Self.body(
                    try await desk.batch(try Self.batchID(call), of: project, form: .openAI)))
        case .cancelBatch:
            return try .json(
                try Self.body(
                    try await desk.cancelBatch(try Self.batchID(call), of: project, form: .openAI)))
        default:
            let query = try call.query()
            let limit = try call.whole("limit", 1...100, in: query) ?? 20
            let all = try await desk.batches(of: project, form: .openAI)
            let (page, hasMore) = Self.page(all, after: query["after"], limit: limit) {
                "\($0.row.id)"
            }
            return try .json(
                OpenAIListBody(try page.map(Self.body), hasMore: hasMore) { "\($0.id)" })
        }
    }

    private static func batchID(_ call: ResourceCall) throws(Failure) -> BatchID {
        guard let id = BatchID(call.text("id")) else {
            throw Failure(
                .notFound, "No batch found with id '\(call.text("id"))'.", parameter: "id")
        }
        return id
    }

    private func create(_ call: ResourceCall) async throws -> BatchView {
        let body = try call.body(OpenAIBatchCreateBody.self)
        guard Self.endpoints.contains(body.endpoint) else {
            throw Failure(
                .invalidRequest,
                "`endpoint` is one of \(Self.endpoints.joined(separator: ", ")).",
                parameter: "endpoint")
        }
        guard body.completionWindow == Self.window else {
            throw Failure(
                .invalidRequest, "`completion_window` must be '\(Self.window)'.",
                parameter: "completion_window")
        }
        guard body.outputExpiresAfter == nil else {
            throw Failure(
                .unsupported, "`output_expires_after` is not offered: results go after 30 days.",
                parameter: "output_expires_after")
        }
        let metadata = try Self.metadata(body.metadata)
        guard let input = FileID(body.inputFile) else {
            throw Failure(
                .notFound, "No such File object: \(body.inputFile)", parameter: "input_file_id")
        }
        let file = try await desk.file(input, of: call.identity.project)
        guard file.purpose == "batch" else {
            throw Failure(
                .invalidRequest, "The file's purpose is '\(file.purpose)'; it must be 'batch'.",
                parameter: "input_file_id")
        }
        return try await desk.createBatch(
            BatchOrder(
                identity: call.identity, form: .openAI, address: body.endpoint, input: input,
                metadata: metadata, window: Self.window))
    }

    private static func metadata(_ pairs: [String: String]?) throws -> String? {
        guard let pairs else { return nil }
        guard pairs.count <= 16,
            pairs.allSatisfy({ $0.key.utf8.count <= 64 && $0.value.utf8.count <= 512 })
        else {
            throw Failure(
                .invalidRequest,
                "`metadata` has at most 16 pairs, names of 64 and values of 512 bytes.",
                parameter: "metadata")
        }
        return String(decoding: try JSONEncoder().encode(pairs), as: UTF8.self)
    }

    private static func body(_ view: BatchView) throws -> OpenAIBatchBody {
        let (row, state) = (view.row, view.state)
        var body = OpenAIBatchBody(
            id: row.id, endpoint: row.address, inputFile: row.input,
            completionWindow: state.window ?? window, status: status(state),
            createdAt: row.createdAt,
            requestCounts: .init(
                total: state.total, completed: state.succeeded,
                failed: state.failed + state.unanswered))
        if !state.problems.isEmpty {
            body.errors = .init(
                state.problems.map {
                    .init(
                        code: $0.code, line: $0.line, message: $0.message, param: $0.parameter)
                })
        }
        body.outputFile = state.output
        body.errorFile = state.errors
        body.inProgressAt = state.beganAt?.seconds
        body.expiresAt = row.expiresAt.seconds
        body.finalizingAt = state.finalizingAt?.seconds
        if state.ending != .expired { body.cancellingAt = state.stoppingAt?.seconds }
        switch status(state) {
        case "completed": body.completedAt = state.endedAt?.seconds
        case "failed": body.failedAt = state.endedAt?.seconds
        case "expired": body.expiredAt = state.endedAt?.seconds
        case "cancelled": body.cancelledAt = state.endedAt?.seconds
        default: break
        }
        body.metadata = try state.metadata.map {
            try JSONDecoder().decode([String: String].self, from: Data($0.utf8))
        }
        return body
    }

    /// In OpenAI's words.
    private static func status(_ state: BatchState) -> String {
        switch state.phase {
        case .validating: "validating"
        case .failed: "failed"
        case .running: "in_progress"
        case .stopping: state.ending == .expired ? "finalizing" : "cancelling"
        case .finalizing: state.ending == .cancelled ? "cancelling" : "finalizing"
        case .over: state.ending?.rawValue ?? "completed"
        }
    }
}
