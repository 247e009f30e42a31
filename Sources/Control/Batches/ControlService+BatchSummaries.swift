import Batches
import Records
package import Vocabulary
package import Wire

/// Customers' batches, for the owner.
extension ControlService {
    package func batchSummaries(of project: ProjectID?) throws -> [BatchSummaryBody] {
        let rows: [BatchRow]
        if let project {
            _ = try directory.project(project)
            rows = try records.read { try $0.batches(of: project) }
        } else {
            rows = try records.read { try $0.batches() }
        }
        return try rows.reversed().map { try summary($0) }
    }

    package func batchSummary(_ id: BatchID) throws -> BatchSummaryBody {
        try summary(try row(id))
    }

    /// Cancels it as its customer would.
    package func stopBatch(_ id: BatchID) throws -> BatchSummaryBody {
        let found = try row(id)
        _ = try cancelBatch(id, of: found.project, form: found.form)
        return try batchSummary(id)
    }

    private func row(_ id: BatchID) throws -> BatchRow {
        guard let row = try records.read({ try $0.batch(id) }) else {
            throw Failure(.notFound, "There is no batch '\(id)'.", parameter: "batch")
        }
        return row
    }

    private func summary(_ row: BatchRow) throws -> BatchSummaryBody {
        let state = try view(row).state
        return BatchSummaryBody(
            id: row.id, customer: row.organization, project: row.project, api: row.form.rawValue,
            name: state.job?.name, endpoint: row.address, status: Self.status(state),
            total: state.total, succeeded: state.succeeded, failed: state.failed,
            running: Int64(batchDesk.active[row.id]?.work.lent.count ?? 0),
            createdAt: row.createdAt, expiresAt: row.expiresAt, endedAt: state.endedAt,
            problems: state.problems.map { problem in
                problem.line.map { "line \($0): \(problem.message)" } ?? problem.message
            })
    }

    private static func status(_ state: BatchState) -> BatchSummaryBody.Status {
        switch state.phase {
        case .validating: .validating
        case .failed: .failed
        case .running: .running
        case .stopping: .stopping
        case .finalizing: .finalizing
        case .over:
            switch state.ending {
            case .cancelled: .cancelled
            case .expired: .expired
            case .completed, nil: .completed
            }
        }
    }
}
