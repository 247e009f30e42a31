import Batches
import Foundation
import Records
import Vocabulary
import Wire

/// Anthropic's batches of messages.
extension ResourceAPI {
    /// Under which the list of requests is kept; no file of the customer's.
    private static let purpose = "message_batch"
    /// A batch reads it for a day at most, and keeps it until then.
    private static let inputLife = Duration.seconds(30 * 86_400)

    func messageBatches(_ call: ResourceCall) async throws -> APIResponse {
        let project = call.identity.project
        switch call.operation {
        case .createMessageBatch: return try .json(Self.body(try await create(call)))
        case .retrieveMessageBatch:
            return try .json(
                Self.body(
                    try await desk.batch(try Self.batch(call), of: project, form: .anthropic)))
        case .cancelMessageBatch:
            return try .json(
                Self.body(
                    try await desk.cancelBatch(
                        try Self.batch(call), of: project, form: .anthropic)))
        case .deleteMessageBatch:
            try await desk.deleteBatch(try Self.batch(call), of: project, form: .anthropic)
            return try .json(MessageBatchDeletedBody(id: call.text("id")))
        case .messageBatchResults: return try await results(call)
        default: return try await list(call)
        }
    }

    private static func batch(_ call: ResourceCall) throws(Failure) -> BatchID {
        guard let id = MessageBatchBody.identifier(of: call.text("id")) else {
            throw Failure(.notFound, "There is no batch '\(call.text("id"))'.")
        }
        return id
    }

    private func create(_ call: ResourceCall) async throws -> BatchView {
        // What is wrong is said at once, not when it is read to run.
        let lines = try call.request.body.withUnsafeBytes { bytes throws(Failure) in
            try BatchInput.anthropic(bytes)
        }
        guard !lines.isEmpty else {
            throw Failure(
                .invalidRequest, "requests: List should have at least 1 item.",
                parameter: "requests")
        }
        guard Set(lines.map(\.customID)).count == lines.count else {
            throw Failure(
                .invalidRequest, "requests: Each `custom_id` must be unique within the batch.",
                parameter: "requests")
        }
        try await desk.checkBatch(of: Set(lines.map(\.model)))
        let file = try await desk.createFile(
            of: call.identity.project, name: "requests.json", purpose: Self.purpose,
            bytes: call.request.body, lifetime: Self.inputLife)
        do {
            return try await desk.createBatch(
                BatchOrder(
                    identity: call.identity, form: .anthropic, address: "/v1/messages",
                    input: file.id))
        } catch {
            try? await desk.deleteFile(file.id, of: call.identity.project)
            throw error
        }
    }

    private func results(_ call: ResourceCall) async throws -> APIResponse {
        let project = call.identity.project
        let found = try await desk.batch(try Self.batch(call), of: project, form: .anthropic)
        guard let output = found.state.output else {
            throw Failure(
                found.state.phase.isOver ? .notFound : .conflict,
                found.state.phase.isOver
                    ? "This batch has no results."
                    : "The batch has not ended: its results are not there yet. Ask again when "
                        + "`processing_status` is 'ended'.")
        }
        let file = try await desk.file(output, of: project)
        return try .file(at: try await desk.path(of: file), contentType: "application/x-jsonl")
    }

    private func list(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let limit = try call.whole("limit", 1...1000, in: query) ?? 20
        var all = try await desk.batches(of: call.identity.project, form: .anthropic)
        if let before = query["before_id"] {
            all =
                all.firstIndex { MessageBatchBody.name(of: $0.row.id) == before }
                .map { Array(all[..<$0].suffix(limit)) } ?? []
        }
        let (page, hasMore) = Self.page(all, after: query["after_id"], limit: limit) {
            MessageBatchBody.name(of: $0.row.id)
        }
        return try .json(MessageBatchListBody(page.map(Self.body), hasMore: hasMore))
    }

    private static func body(_ view: BatchView) -> MessageBatchBody {
        let (row, state) = (view.row, view.state)
        let isOver = state.phase.isOver
        // A batch whose models are not sold in batches has no answers at all.
        let unanswered = state.phase == .failed ? 0 : state.unanswered
        let isExpired = state.ending == .expired
        return MessageBatchBody(
            id: row.id,
            status: isOver
                ? .ended
                : state.phase == .stopping && !isExpired ? .canceling : .inProgress,
            counts: .init(
                processing: isOver
                    ? 0 : max(0, state.total - state.succeeded - state.failed - unanswered),
                succeeded: state.succeeded, errored: state.failed,
                canceled: isExpired ? 0 : unanswered, expired: isExpired ? unanswered : 0),
            createdAt: row.createdAt, expiresAt: row.expiresAt, endedAt: state.endedAt,
            cancelInitiatedAt: isExpired ? nil : state.stoppingAt,
            hasResults: isOver && state.output != nil)
    }
}
