import Batches
import Foundation
import Link
import Logging
import Records
import Vocabulary

/// Lines go out to gateways, and come back through their journals.
extension ControlService {
    func linesWanted(_ count: Int, by gateway: GatewayID) {
        batchDesk.wanted[gateway] = max(0, count)
        lendLines()
    }

    func linesReturned(_ lines: [BatchLine], by gateway: GatewayID) {
        for (batch, lines) in Dictionary(grouping: lines, by: \.batch) {
            handle(.returned(lines.map(\.number), by: gateway), of: batch)
        }
        lendLines()
    }

    /// A gateway has said hello: what it does not hold any more is nobody's.
    func linesHeld(_ lines: [BatchLine], by gateway: GatewayID) {
        let held = Dictionary(grouping: lines, by: \.batch)
        for id in Array(batchDesk.active.keys) {
            handle(.held((held[id] ?? []).map(\.number), by: gateway), of: id)
            if batchDesk.active[id]?.work.phase != .running { tell(gateway, .callBack(id)) }
        }
        for batch in held.keys where batchDesk.active[batch] == nil {
            tell(gateway, .callBack(batch))
        }
        batchDesk.wanted[gateway] = 0
    }

    private func handle(_ event: BatchWork.Event, of batch: BatchID) {
        guard let actions = batchDesk.active[batch]?.work.handle(event) else { return }
        perform(actions, of: batch)
    }

    func tellGateways(_ message: ControlMessage) {
        for gateway in gateways.keys { tell(gateway, message) }
    }

    private func tell(_ gateway: GatewayID, _ message: ControlMessage) {
        guard let connection = gateways[gateway]?.connection else { return }
        connections[connection]?.peer.send(message)
    }

    // MARK: Lending

    func lendLines() {
        guard batchDesk.directory != nil else { return }
        for gateway in gateways.keys.sorted() where gateways[gateway]?.connection != nil {
            for id in batchDesk.inTurn where (batchDesk.wanted[gateway] ?? 0) > 0 {
                logged("lines of a batch could not be lent") { try lend(id, to: gateway) }
            }
        }
    }

    private func lend(_ id: BatchID, to gateway: GatewayID) throws {
        guard let active = batchDesk.active[id], active.work.hasWaiting else { return }
        guard let key = payingKey(of: active.row) else {
            logger.notice("a batch has no key left", metadata: ["batch": "\(id)"])
            try stop(id, .cancel)
            return
        }
        let there = active.work.lent.values.count { $0 == gateway }
        let limit = min(batchDesk.wanted[gateway] ?? 0, BatchDesk.linesPerGateway - there)
        var work = active.work
        guard case .lend(let numbers, _)? = work.handle(.lend(to: gateway, limit: limit)).first
        else { return }
        let (lines, left) = try read(numbers, of: active.row, key)
        _ = work.handle(.returned(left, by: gateway))
        try transact { records in
            for lent in lines { try records.lend(lent.line, to: gateway) }
        }
        // On record first: whatever becomes of control, nobody else is lent them.
        batchDesk.active[id]?.work = work
        batchDesk.lastLent = id
        batchDesk.wanted[gateway, default: 0] -= lines.count
        tell(gateway, .lines(lines))
    }

    /// The key that the batch was made with; when it was revoked, another one of its project.
    private func payingKey(of row: BatchRow) -> APIKeyID? {
        if let key = directory.keys[row.key], key.revokedAt == nil { return key.id }
        return directory.keys.values.filter { $0.project == row.project && $0.revokedAt == nil }
            .map(\.id).min()
    }

    /// The requests of these lines, as many as go into one message, and the others' numbers.
    private func read(
        _ numbers: [Int64], of row: BatchRow, _ key: APIKeyID
    ) throws -> (lines: [LentLine], left: [Int64]) {
        let file = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: "\(try filesDirectory())/\(row.input)"))
        defer { try? file.close() }
        var lines: [LentLine] = []
        var bytes: Int64 = 0
        for number in numbers {
            let line = BatchLine(batch: row.id, number: number)
            guard let found = try records.read({ try $0.line(line) }) else { continue }
            if !lines.isEmpty, bytes + found.length > BatchDesk.messageBytes { break }
            bytes += found.length
            try file.seek(toOffset: UInt64(found.start))
            let body = try file.read(upToCount: Int(found.length)) ?? Data()
            lines.append(
                LentLine(
                    line: line, key: key, model: found.model, address: row.address,
                    body: String(decoding: body, as: UTF8.self)))
        }
        return (lines, Array(numbers.dropFirst(lines.count)))
    }

    // MARK: The journal

    /// A line's end, in the transaction that posts its charge.
    ///
    /// - Throws: `conflict` if it has ended before: then it is not charged.
    func end(
        _ line: BatchLine, by request: RequestID, status: Int, _ records: any Recorder
    ) throws {
        guard let row = try records.line(line) else {
            throw Failure(.conflict, "of a batch's line that nobody knows")
        }
        guard row.request == nil else {
            throw Failure(.conflict, "the batch's line was answered before")
        }
        try records.end(line, request: request, status: Int64(status))
        batchDesk.news.append((line, status == 200))
    }

    /// The transaction is kept: what it said of lines is true.
    func lineNewsKept() {
        let news = batchDesk.news
        batchDesk.news = []
        for (line, succeeded) in news {
            handle(.ended(number: line.number, succeeded: succeeded), of: line.batch)
        }
    }
}
