import Foundation
import Records
import Vocabulary
import Wire

/// The files of a batch's results while they are written, in the form of its vendor.
final class BatchResults {
    private let row: BatchRow
    private let job: InvocationJob?
    private let now: Instant
    private let directory: String
    private let makeFile: () -> FileID
    private let output: FileDraft
    /// Where failures have a file of their own.
    private let errors: FileDraft?
    /// Where results repeat what was asked.
    private let input: FileHandle?
    private var tokens = InvocationTokens()

    init(
        _ row: BatchRow, job: InvocationJob?, in directory: String, at now: Instant,
        makeFile: @escaping () -> FileID
    ) throws {
        self.row = row
        self.job = job
        self.now = now
        self.directory = directory
        self.makeFile = makeFile
        output = try FileDraft(makeFile(), in: directory)
        errors = row.form == .openAI ? try FileDraft(makeFile(), in: directory) : nil
        input =
            row.form == .bedrock
            ? try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(directory)/\(row.input)"))
            : nil
    }

    deinit { try? input?.close() }

    func write(_ line: BatchLineRow, _ end: BatchLineEnd) throws {
        switch row.form {
        case .openAI:
            let file = line.status == 200 ? output : errors ?? output
            try file.write(BatchOutput.openAI(line.line, customID: line.customID, end))
        case .anthropic:
            try output.write(BatchOutput.anthropic(customID: line.customID, end))
        case .bedrock:
            if case .answered(_, 200, let body) = end,
                let told = try? JSONDecoder().decode(InvocationTokens.self, from: Data(body))
            {
                tokens += told
            }
            try output.write(
                BatchOutput.bedrock(recordID: line.customID, input: try request(of: line), end))
        }
    }

    private func request(of line: BatchLineRow) throws -> [UInt8] {
        guard let input else { return [] }
        try input.seek(toOffset: UInt64(line.start))
        return Array(try input.read(upToCount: Int(line.length)) ?? Data())
    }

    /// The files, each with its bytes on stable storage; `state` is told of them.
    func finish(_ state: inout BatchState) throws -> [FileRow] {
        var files: [FileRow] = []
        if try output.finish() {
            files.append(try file(output, called: try outputName))
            state.output = output.id
        }
        if let errors, try errors.finish() {
            files.append(try file(errors, called: "\(row.id)_errors.jsonl"))
            state.errors = errors.id
        }
        if let job {
            let manifest = try FileDraft(makeFile(), in: directory)
            try manifest.write(
                try APICoding.encode(
                    InvocationJobManifest(
                        total: state.total, succeeded: state.succeeded,
                        failed: state.failed + state.unanswered, tokens: tokens)))
            _ = try manifest.finish()
            files.append(
                try file(
                    manifest, called: try job.result(InvocationJob.manifest, of: row.id).name))
        }
        return files
    }

    private var outputName: String {
        get throws {
            guard let job else { return "\(row.id)_output.jsonl" }
            return try job.result("\(job.source).out", of: row.id).name
        }
    }

    private func file(_ draft: FileDraft, called name: String) throws -> FileRow {
        let purpose =
            switch row.form {
            case .openAI: "batch_output"
            case .anthropic: "message_batch_results"
            case .bedrock: FileRow.object
            }
        return FileRow(
            id: draft.id, project: row.project, name: name, purpose: purpose, bytes: draft.bytes,
            createdAt: now, expiresAt: now + ControlService.outputLife)
    }
}
