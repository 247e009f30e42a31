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

    func finishIfOver(_ id: BatchID) {
        guard var active = batchDesk.active[id], case .over(let ending) = active.work.phase,
            batchDesk.busy.insert(id).inserted
        else { return }
        logged("a batch could not be ended") {
            active.state.phase = .finalizing
            active.state.ending = ending
            active.state.finalizingAt = clock.now()
            try transact { try keep(active.state, of: id, $0) }
            batchDesk.active[id] = active
        }
        Task {
            do {
                try await writeResults(of: id)
            } catch {
                // Begun anew when control starts again.
                logger.error(
                    "a batch's results could not be written",
                    metadata: ["batch": "\(id)", "error": "\(error)"])
            }
            batchDesk.busy.remove(id)
        }
    }

    private func writeResults(of id: BatchID) async throws {
        guard var active = batchDesk.active[id] else { return }
        let row = active.row
        let directory = try filesDirectory()
        let output = try ResultFile(makeIdentifier(), in: directory)
        let errors = row.form == .openAI ? try ResultFile(makeIdentifier(), in: directory) : output
        var ended: [RequestID] = []
        var next: Int64 = 0
        while next < active.state.total {
            let lines = try records.read {
                try $0.lines(of: id, from: next, limit: Self.slice)
            }
            guard let last = lines.last else { break }
            next = last.line.number + 1
            for line in lines {
                let end = try end(of: line, active.state)
                if let request = line.request { ended.append(request) }
                let isAnswer = line.status == 200
                if !isAnswer { active.state.unanswered += line.request == nil ? 1 : 0 }
                try (isAnswer ? output : errors).write(Self.text(line, end, row.form))
            }
            await Task.yield()
        }
        let now = clock.now()
        var files: [FileRow] = []
        for (file, kind) in [(output, "output"), (errors, "errors")] {
            if kind == "errors", errors === output { continue }
            guard try file.finish() else { continue }
            files.append(
                FileRow(
                    id: file.id, project: row.project, name: "\(id)_\(kind).jsonl",
                    purpose: row.form == .openAI ? "batch_output" : "message_batch_results",
                    bytes: file.bytes, createdAt: now, expiresAt: now + Self.outputLife))
            if kind == "output" {
                active.state.output = file.id
            } else {
                active.state.errors = file.id
            }
        }
        active.state.succeeded = active.work.succeeded
        active.state.failed = active.work.failed
        active.state.phase = .over
        active.state.endedAt = now
        try transact { records in
            for file in files { try records.insert(file) }
            try keep(active.state, of: id, records)
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

    private static func text(
        _ line: BatchLineRow, _ end: BatchLineEnd, _ form: BatchRow.Form
    ) -> [UInt8] {
        switch form {
        case .openAI, .bedrock: BatchOutput.openAI(line.line, customID: line.customID, end)
        case .anthropic: BatchOutput.anthropic(customID: line.customID, end)
        }
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

/// A file of results on its way: has its name once it is whole.
private final class ResultFile {
    let id: FileID
    private(set) var bytes: Int64 = 0
    private let path: String
    private let file: FileHandle
    private var waiting = Data()

    init(_ id: FileID, in directory: String) throws {
        self.id = id
        self.path = "\(directory)/\(id)"
        let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Self.failure("open", path)
        }
        self.file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ text: [UInt8]) throws {
        bytes += Int64(text.count)
        waiting.append(contentsOf: text)
        if waiting.count > 1 << 20 { try flush() }
    }

    private func flush() throws {
        try file.write(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: true)
    }

    /// On stable storage under its name; false, and gone, if there is nothing in it.
    func finish() throws -> Bool {
        guard bytes > 0 else {
            unlink(path + ".new")
            return false
        }
        try flush()
        try file.synchronize()
        guard rename(path + ".new", path) == 0 else {
            throw Self.failure("rename", path)
        }
        try DurableFile.syncDirectory(of: path)
        return true
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(
            .internalError, "Could not \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
