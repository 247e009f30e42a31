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

    /// Reads it when its turn comes: each reading takes memory.
    func startReading(_ row: BatchRow) {
        batchDesk.validating[row.id] = row
        if !batchDesk.busy.contains(row.id), !batchDesk.toRead.contains(row.id) {
            batchDesk.toRead.append(row.id)
        }
        readNext()
    }

    private func readNext() {
        while batchDesk.directory != nil, batchDesk.readings < BatchDesk.readings,
            !batchDesk.toRead.isEmpty
        {
            guard let row = batchDesk.validating[batchDesk.toRead.removeFirst()] else { continue }
            batchDesk.busy.insert(row.id)
            batchDesk.readings += 1
            Task {
                await readInput(of: row)
                batchDesk.busy.remove(row.id)
                batchDesk.readings -= 1
                readNext()
                lendLines()
            }
        }
    }

    private func readInput(of row: BatchRow) async {
        do {
            var state = try BatchState(row.document)
            var reading = try await BatchReading.read(
                "\(try filesDirectory())/\(row.input)", form: row.form, address: row.address,
                model: state.job?.servedModel)
            guard isAwaited(row.id) else { return }
            for model in Set(reading.lines.map(\.model)).sorted() {
                if let failure = refusal(ofBatchesOf: model) { reading.refuse(failure) }
            }
            guard reading.problems.isEmpty else {
                try fail(row, reading.problems)
                return
            }
            try await insert(reading.lines, of: row)
            guard isAwaited(row.id) else {
                try transact { try $0.removeLines(of: row.id) }
                return
            }
            state.job = try BatchState(try document(of: row.id)).job
            state.phase = .running
            state.total = Int64(reading.lines.count)
            state.beganAt = clock.now()
            try transact { try keep(state, of: row.id, $0) }
            batchDesk.validating[row.id] = nil
            batchDesk.active[row.id] = BatchDesk.Active(
                row: row, state: state, work: BatchWork(total: state.total))
            logger.info(
                "a batch begins", metadata: ["batch": "\(row.id)", "lines": "\(state.total)"])
        } catch {
            couldNotRead(row)
            logger.error(
                "a batch's input could not be read",
                metadata: ["batch": "\(row.id)", "error": "\(error)"])
        }
    }

    /// Whether nobody has cancelled the batch meanwhile.
    private func isAwaited(_ id: BatchID) -> Bool {
        batchDesk.validating[id] != nil
    }

    private func document(of id: BatchID) throws -> String {
        guard let row = try records.read({ try $0.batch(id) }) else {
            throw Failure(.notFound, "There is no batch '\(id)'.", parameter: "id")
        }
        return row.document
    }

    private func fail(_ row: BatchRow, _ problems: [BatchState.Problem]) throws {
        var state = try BatchState(try document(of: row.id))
        state.phase = .failed
        state.problems = problems
        state.endedAt = clock.now()
        try transact { try keep(state, of: row.id, $0) }
        batchDesk.validating[row.id] = nil
    }

    /// It is tried again for as long as the batch has time.
    private func couldNotRead(_ row: BatchRow) {
        guard isAwaited(row.id) else {
            return logged("lines could not be removed") {
                try transact { try $0.removeLines(of: row.id) }
            }
        }
        let now = clock.now()
        guard now >= row.expiresAt else {
            batchDesk.tryAgain[row.id] = now + BatchDesk.pause
            return
        }
        logged("a batch could not be ended") {
            try fail(
                row,
                [
                    .init(
                        line: nil, code: Failure.Code.internalError.rawValue,
                        message: "The input could not be read in time.", parameter: nil)
                ])
        }
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
