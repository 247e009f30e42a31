import Batches
import Foundation
import Logging
import Records
import Vocabulary
import Wire

/// A batch whose lines have ended gets its results.
extension ControlService {
    /// Lines that are written before others have their turn.
    private static let slice = 200
    /// Likewise, where lines are long.
    private static let bytesInTurn: Int64 = 4 << 20

    func finishIfOver(_ id: BatchID) {
        guard var active = batchDesk.active[id], case .over(let ending) = active.work.phase,
            batchDesk.busy.insert(id).inserted
        else { return }
        active.state.phase = .finalizing
        active.state.ending = ending
        active.state.finalizingAt = clock.now()
        do {
            try transact { try keep(active.state, of: id, $0) }
        } catch {
            logger.error(
                "a batch could not be ended", metadata: ["batch": "\(id)", "error": "\(error)"])
            batchDesk.busy.remove(id)
            batchDesk.tryAgain[id] = clock.now() + BatchDesk.pause
            return
        }
        batchDesk.active[id] = active
        Task {
            do {
                try await writeResults(of: id)
            } catch {
                batchDesk.tryAgain[id] = clock.now() + BatchDesk.pause
                logger.error(
                    "a batch's results could not be written",
                    metadata: ["batch": "\(id)", "error": "\(error)"])
            }
            batchDesk.busy.remove(id)
        }
    }

    private func writeResults(of id: BatchID) async throws {
        guard var active = batchDesk.active[id] else { return }
        let results = try BatchResults(
            active.row, job: active.state.job, in: try filesDirectory(), at: clock.now(),
            makeFile: { self.makeIdentifier() })
        var ended: [RequestID] = []
        var next: Int64 = 0
        var yielded: Int64 = 0
        while next < active.state.total {
            let lines = try records.read {
                try $0.lines(of: id, from: next, limit: Self.slice)
            }
            guard let last = lines.last else { break }
            next = last.line.number + 1
            for line in lines {
                if results.bytes > yielded + Self.bytesInTurn {
                    yielded = results.bytes
                    await Task.yield()
                }
                if let request = line.request {
                    ended.append(request)
                } else {
                    active.state.unanswered += 1
                }
                try results.write(line, try end(of: line, active.state))
            }
            await Task.yield()
        }
        try await FileDraft.synchronize(try results.flushed())
        // Its tags may have been changed meanwhile.
        active.state.job = batchDesk.active[id]?.state.job
        active.state.succeeded = active.work.succeeded
        active.state.failed = active.work.failed
        active.state.phase = .over
        active.state.endedAt = clock.now()
        do {
            let files = try results.finish(&active.state)
            try transact { records in
                for file in files { try place(file, records) }
                try keep(active.state, of: id, records)
            }
        } catch {
            results.discard()
            throw error
        }
        batchDesk.active[id] = nil
        try await forget(ended, of: id)
        logger.info(
            "a batch has ended",
            metadata: [
                "batch": "\(id)", "answered": "\(active.state.succeeded)",
                "failed": "\(active.state.failed)", "unanswered": "\(active.state.unanswered)",
            ])
    }

    private func end(of line: BatchLineRow, _ state: BatchState) throws -> BatchLineEnd {
        guard let request = line.request else {
            return state.ending == .expired ? .expired : .cancelled
        }
        return .answered(
            request, status: Int(line.status ?? 500),
            body: try records.read { try $0.answer(of: request) })
    }

    /// The results have it all now.
    private func forget(_ requests: [RequestID], of id: BatchID) async throws {
        for start in stride(from: 0, to: requests.count, by: Self.slice) {
            try transact { records in
                for request in requests[start..<min(start + Self.slice, requests.count)] {
                    try records.removeAnswer(of: request)
                }
            }
            await Task.yield()
        }
        try transact { try $0.removeLines(of: id) }
    }
}
