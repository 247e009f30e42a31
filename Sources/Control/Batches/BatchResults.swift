import Foundation
import Records
import Vocabulary
import Wire

/// The files of a batch's results while they are written, in the form of its vendor.
final class BatchResults {
    private let row: BatchRow
    private let now: Instant
    private let output: FileDraft
    private let outputName: String
    /// Where failures have a file of their own.
    private let errors: FileDraft?
    /// What sums a job up, and its name.
    private let manifest: (file: FileDraft, name: String)?
    /// Where results repeat what was asked.
    private let input: FileHandle?
    private var tokens = InvocationTokens()

    init(
        _ row: BatchRow, job: InvocationJob?, in directory: String, at now: Instant,
        makeFile: () -> FileID
    ) throws {
        self.row = row
        self.now = now
        output = try FileDraft(makeFile(), in: directory)
        errors = row.form == .openAI ? try FileDraft(makeFile(), in: directory) : nil
        if let job {
            let names = try job.results(of: row.id)
            outputName = names.output.name
            manifest = (try FileDraft(makeFile(), in: directory), names.manifest.name)
        } else {
            outputName = "\(row.id)_output.jsonl"
            manifest = nil
        }
        input =
            row.form == .bedrock
            ? try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(directory)/\(row.input)"))
            : nil
    }

    /// So far.
    var bytes: Int64 { output.bytes + (errors?.bytes ?? 0) }

    /// Where the bytes are until ``finish(_:)``.
    func flushed() throws -> [String] { try [output, errors].compactMap { try $0?.flushed() } }

    func discard() {
        for file in [output, errors, manifest?.file] { file?.discard() }
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
            files.append(file(output, called: outputName))
            state.output = output.id
        }
        if let errors, try errors.finish() {
            files.append(file(errors, called: "\(row.id)_errors.jsonl"))
            state.errors = errors.id
        }
        if let manifest {
            try manifest.file.write(
                try APICoding.encode(
                    InvocationJobManifest(
                        total: state.total, succeeded: state.succeeded,
                        failed: state.failed + state.unanswered, tokens: tokens)))
            _ = try manifest.file.finish()
            files.append(file(manifest.file, called: manifest.name))
        }
        return files
    }

    private func file(_ draft: FileDraft, called name: String) -> FileRow {
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
