import Foundation
import Records
import Vocabulary
import Wire

/// A batch's input, read line by line: what can run, or what is wrong with it.
struct BatchReading: Sendable {
    /// Further ones are not listed.
    static let maximumProblems = 100
    /// Of one request.
    static let maximumBody = 4 << 20

    /// Ranges count bytes of the file.
    private(set) var lines: [BatchInputLine] = []
    private(set) var problems: [BatchState.Problem] = []

    /// Reads a whole file, beside the actors.
    @concurrent
    static func read(
        _ path: String, form: BatchRow.Form, address: String, model: String?
    ) async throws -> BatchReading {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        var reading = BatchReading()
        data.withUnsafeBytes { bytes in
            switch form {
            case .anthropic: reading.readRequests(bytes)
            case .openAI:
                reading.readLines(bytes) { line, _ throws(Failure) in
                    try BatchInput.openAI(line, address: address)
                }
            case .bedrock:
                reading.readLines(bytes) { line, number throws(Failure) in
                    try BatchInput.bedrock(line, number: number, model: model ?? "")
                }
            }
        }
        // A record's name is no more than a word of its client's.
        reading.check(namesAreUnique: form != .bedrock)
        return reading
    }

    private mutating func readRequests(_ bytes: UnsafeRawBufferPointer) {
        do throws(Failure) {
            lines = try BatchInput.anthropic(bytes)
        } catch {
            add(error, line: nil)
        }
    }

    private mutating func readLines(
        _ bytes: UnsafeRawBufferPointer,
        _ read: (UnsafeRawBufferPointer, Int64) throws(Failure) -> BatchInputLine
    ) {
        var start = 0
        var number: Int64 = 0
        while start < bytes.count, problems.count < Self.maximumProblems,
            lines.count <= ControlService.maximumBatchLines
        {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            number += 1
            // An empty line at the end, or between, is no request.
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
                do throws(Failure) {
                    var found = try read(line, number)
                    found.body = found.body.lowerBound + start..<found.body.upperBound + start
                    lines.append(found)
                } catch {
                    add(error, line: number)
                }
            }
            start = end + 1
        }
    }

    private mutating func add(_ failure: Failure, line: Int64?) {
        problems.append(
            BatchState.Problem(
                line: line, code: failure.code.rawValue, message: failure.message,
                parameter: failure.parameter))
    }

    private mutating func check(namesAreUnique: Bool) {
        if lines.isEmpty, problems.isEmpty {
            add(Failure(.invalidRequest, "The input has no requests."), line: nil)
        }
        if lines.count > ControlService.maximumBatchLines {
            add(
                Failure(
                    .tooLarge,
                    "The input has more than \(ControlService.maximumBatchLines) requests, which is "
                        + "what a batch may have."), line: nil)
        }
        var seen: Set<String> = []
        for (index, line) in lines.enumerated() where problems.count < Self.maximumProblems {
            if namesAreUnique, !seen.insert(line.customID).inserted {
                add(
                    Failure(
                        .invalidRequest, "`custom_id` '\(line.customID)' stands twice.",
                        parameter: "custom_id"), line: Int64(index) + 1)
            }
            if line.body.count > Self.maximumBody {
                add(
                    Failure(
                        .tooLarge, "The request is larger than \(Self.maximumBody >> 20) MiB.",
                        parameter: "body"), line: Int64(index) + 1)
            }
        }
    }

    /// What one of the models is not sold for.
    mutating func refuse(_ failure: Failure) { add(failure, line: nil) }
}
