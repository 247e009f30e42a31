import Batches
import Foundation
import Link
import Logging
package import Records
package import Vocabulary

/// What customers do with batches.
extension ControlService {
    /// Most lines of one batch.
    package static let maximumBatchLines = 50_000
    /// Batches of one project that have not ended.
    package static let maximumBatches = 100
    package static let batchWindow = Duration.seconds(86_400)

    /// Takes a batch on; its input is read after that.
    package func createBatch(_ order: BatchOrder) throws -> BatchView {
        let project = order.identity.project
        let input = try file(order.input, of: project)
        if let same = try batch(like: order) { return same }
        // Results repeat what was asked.
        if order.form == .bedrock { try requireRoom(for: input.bytes, of: project) }
        let open =
            batchDesk.active.values.count { $0.row.project == project }
            + batchDesk.validating.values.count { $0.project == project }
        guard open < Self.maximumBatches else {
            throw Failure(
                .rateLimited,
                "This project has \(open) batches that have not ended. Wait for one, or cancel it.",
                retry: .after(.seconds(60)))
        }
        let now = clock.now()
        let state = BatchState(metadata: order.metadata, window: order.window, job: order.job)
        let row = BatchRow(
            id: makeIdentifier(), organization: order.identity.organization, project: project,
            key: order.identity.key, form: order.form, address: order.address, input: order.input,
            createdAt: now,
            expiresAt: now + (order.job.map { .seconds($0.hours * 3600) } ?? Self.batchWindow),
            document: try Self.json(state))
        try transact { try $0.insert(row) }
        startReading(row)
        return BatchView(row: row, state: state)
    }

    /// The one that an earlier request with the same token has made.
    private func batch(like order: BatchOrder) throws -> BatchView? {
        guard let token = order.job?.token else { return nil }
        return try batches(of: order.identity.project, form: order.form)
            .first { $0.state.job?.token == token }
    }

    package func batch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) throws -> BatchView {
        guard let row = try records.read({ try $0.batch(id) }), row.project == project,
            row.form == form
        else { throw Failure(.notFound, "There is no batch '\(id)'.", parameter: "id") }
        return try view(row)
    }

    /// The newest first.
    package func batches(
        of project: ProjectID, form: BatchRow.Form
    ) throws -> [BatchView] {
        try records.read { try $0.batches(of: project) }.filter { $0.form == form }.reversed()
            .map { try view($0) }
    }

    package func cancelBatch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) throws -> BatchView {
        let before = try batch(id, of: project, form: form)
        switch before.state.phase {
        case .running: try stop(id, .cancel)
        case .validating:
            // Who reads its input finds that out when it is read.
            var state = before.state
            state.phase = .over
            state.ending = .cancelled
            state.stoppingAt = clock.now()
            state.endedAt = clock.now()
            try transact { try keep(state, of: id, $0) }
            batchDesk.validating[id] = nil
        case .stopping, .finalizing, .over, .failed: break
        }
        return try batch(id, of: project, form: form)
    }

    /// Forgets a batch that has ended, and its results.
    package func deleteBatch(
        _ id: BatchID, of project: ProjectID, form: BatchRow.Form
    ) throws {
        let found = try batch(id, of: project, form: form)
        guard found.state.phase.isOver else {
            throw Failure(
                .conflict, "Batch \(id) has not ended. Cancel it first.", parameter: "id")
        }
        try transact { records in
            try records.removeLines(of: id)
            try records.removeBatch(id)
        }
        for file in [found.row.input, found.state.output, found.state.errors].compactMap(\.self) {
            if let row = try records.read({ try $0.file(file) }) { try remove(row) }
        }
    }

    package func changeJobTags(
        of id: BatchID, in project: ProjectID,
        _ change: @Sendable (inout [String: String]) throws(Failure) -> Void
    ) throws {
        var state = try batch(id, of: project, form: .bedrock).state
        guard var job = state.job else { return }
        try change(&job.tags)
        state.job = job
        batchDesk.active[id]?.state.job = job
        try transact { try keep(state, of: id, $0) }
    }

    func view(_ row: BatchRow) throws -> BatchView {
        guard let active = batchDesk.active[row.id] else {
            return BatchView(row: row, state: try BatchState(row.document))
        }
        var state = active.state
        state.succeeded = active.work.succeeded
        state.failed = active.work.failed
        return BatchView(row: row, state: state)
    }

    /// Writes down how a batch stands.
    func keep(_ state: BatchState, of id: BatchID, _ records: any Recorder) throws {
        try records.setDocument(try Self.json(state), of: id)
    }

    // MARK: Running

    /// Runs batches until the task is cancelled.
    package func runBatches(filesDirectory: String) async throws {
        try FileManager.default.createDirectory(
            atPath: filesDirectory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try sweepOrphans(in: filesDirectory)
        try loadBatches()
        batchDesk.directory = filesDirectory
        var ended: [BatchID] = []
        for row in try records.read({ try $0.batches() }) {
            let state = try BatchState(row.document)
            if state.phase == .validating { startReading(row) }
            if state.phase.isOver { ended.append(row.id) }
        }
        // Where a crash came between a batch's end and that of its lines.
        try transact { records in for id in ended { try records.removeLines(of: id) } }
        for id in Array(batchDesk.active.keys) { finishIfOver(id) }
        lendLines()
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            expireBatches()
        }
    }

    private func loadBatches() throws {
        for row in try records.read({ try $0.batches() }) {
            let state = try BatchState(row.document)
            guard state.phase != .validating, !state.phase.isOver else { continue }
            var work = try records.read { try Self.work(of: row, state, $0) }
            // What is over or comes to its end does not begin again.
            if state.phase != .running, let ending = state.ending, ending != .completed {
                _ = work.handle(ending == .expired ? .expire : .cancel)
            }
            batchDesk.active[row.id] = BatchDesk.Active(row: row, state: state, work: work)
        }
    }

    private static func work(
        of row: BatchRow, _ state: BatchState, _ records: any RecordReader
    ) throws -> BatchWork {
        var ended: [Int64: Bool] = [:]
        var lent: [Int64: GatewayID] = [:]
        for line in try records.lines(of: row.id, from: 0, limit: .max) {
            if line.request != nil {
                ended[line.line.number] = line.status == 200
            } else if let gateway = line.gateway {
                lent[line.line.number] = gateway
            }
        }
        return BatchWork(total: state.total, ended: ended, lent: lent)
    }

    private func expireBatches() {
        let now = clock.now()
        for (id, active) in batchDesk.active
        where active.state.phase == .running && active.row.expiresAt <= now {
            logged("a batch could not be ended") { try stop(id, .expire) }
        }
        logged("files could not be removed") { try sweepFiles() }
        for (id, time) in batchDesk.tryAgain where time <= now {
            batchDesk.tryAgain[id] = nil
            logged("a batch could not be taken up again") { try takeUp(id) }
        }
        lendLines()
    }

    private func takeUp(_ id: BatchID) throws {
        if batchDesk.active[id] != nil {
            finishIfOver(id)
        } else if let row = batchDesk.validating[id] {
            startReading(row)
        } else {
            try transact { try $0.removeLines(of: id) }
        }
    }

    func stop(_ id: BatchID, _ event: BatchWork.Event) throws {
        guard var active = batchDesk.active[id] else { return }
        let actions = active.work.handle(event)
        active.state.phase = .stopping
        active.state.ending = event == .expire ? .expired : .cancelled
        active.state.stoppingAt = clock.now()
        try transact { try keep(active.state, of: id, $0) }
        batchDesk.active[id] = active
        perform(actions, of: id)
    }

    func perform(_ actions: [BatchWork.Action], of id: BatchID) {
        for action in actions {
            switch action {
            case .lend: break
            case .callBack: tellGateways(.callBack(id))
            case .finish: finishIfOver(id)
            }
        }
    }

    func logged(_ message: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            logger.error("\(message)", metadata: ["error": "\(error)"])
        }
    }
}
