import Batches
import Fleet
import Foundation
import Logging
import Pricing
import Records
import Vocabulary
import Wire

/// A batch's input is read, and the batch begins.
extension ControlService {
    /// Lines that are written in one transaction.
    private static let slice = 1000

    package func checkBatch(of models: Set<String>) throws {
        for model in models.sorted() {
            if let failure = refusal(ofBatchesOf: model) { throw failure }
        }
    }

    func startReading(_ row: BatchRow) {
        guard batchDesk.directory != nil, batchDesk.busy.insert(row.id).inserted else { return }
        Task {
            await readInput(of: row)
            batchDesk.busy.remove(row.id)
            lendLines()
        }
    }

    private func readInput(of row: BatchRow) async {
        do {
            var state = try BatchState(row.document)
            var reading = try await BatchReading.read(
                "\(try filesDirectory())/\(row.input)", form: row.form, address: row.address,
                model: state.job?.servedModel)
            guard try isAwaited(row.id) else { return }
            for model in Set(reading.lines.map(\.model)).sorted() {
                if let failure = refusal(ofBatchesOf: model) { reading.refuse(failure) }
            }
            guard reading.problems.isEmpty else {
                state.phase = .failed
                state.problems = reading.problems
                state.endedAt = clock.now()
                try transact { try keep(state, of: row.id, $0) }
                return
            }
            try await insert(reading.lines, of: row)
            guard try isAwaited(row.id) else {
                try transact { try $0.removeLines(of: row.id) }
                return
            }
            state.phase = .running
            state.total = Int64(reading.lines.count)
            state.beganAt = clock.now()
            try transact { try keep(state, of: row.id, $0) }
            batchDesk.active[row.id] = BatchDesk.Active(
                row: row, state: state, work: BatchWork(total: state.total))
            logger.info(
                "a batch begins", metadata: ["batch": "\(row.id)", "lines": "\(state.total)"])
        } catch {
            batchDesk.tryAgain[row.id] = clock.now() + BatchDesk.pause
            logger.error(
                "a batch's input could not be read",
                metadata: ["batch": "\(row.id)", "error": "\(error)"])
        }
    }

    /// Whether nobody has cancelled the batch meanwhile.
    private func isAwaited(_ id: BatchID) throws -> Bool {
        guard let row = try records.read({ try $0.batch(id) }) else { return false }
        return try BatchState(row.document).phase == .validating
    }

    private func insert(_ lines: [BatchInputLine], of row: BatchRow) async throws {
        // What an earlier try left behind.
        try transact { try $0.removeLines(of: row.id) }
        for start in stride(from: 0, to: lines.count, by: Self.slice) {
            try transact { records in
                for number in start..<min(start + Self.slice, lines.count) {
                    let line = lines[number]
                    try records.insert(
                        BatchLineRow(
                            line: BatchLine(batch: row.id, number: Int64(number)),
                            customID: line.customID, model: line.model,
                            start: Int64(line.body.lowerBound), length: Int64(line.body.count)))
                }
            }
            await Task.yield()
        }
    }

    /// Why a model runs no batches; nil: it does, or nobody knows it, as its lines will say.
    private func refusal(ofBatchesOf model: String) -> Failure? {
        guard let deployment = directory.served.first(where: { $0.model == model }),
            let price = directory.priceBook(at: clock.now())?.models[deployment.priceAs]
        else { return nil }
        if deployment.supplier != nil {
            return Failure(
                .unsupported,
                "\(model) runs no batches here: they use what is idle, and none of it is ours.",
                parameter: "model")
        }
        do throws(Failure) {
            try requireCovered(deployment, price.price(in: .batch))
            return nil
        } catch {
            logger.notice(
                "a batch is refused: half the price is below the floor",
                metadata: ["model": "\(model)", "reason": "\(error.message)"])
            return Failure(
                .unsupported, "\(model) is not offered in batches.", parameter: "model")
        }
    }
}
