import Vocabulary

/// The rows of a table of comma-separated values whose first line names the columns. Fields stand
/// in no quotes.
struct TraceRows {
    private let file: String
    private let columns: [String: Int]
    private let lines: [(number: Int, fields: [Substring])]

    init(_ text: String, file: String) throws(Failure) {
        var lines: [(number: Int, fields: [Substring])] = []
        // By bytes: counting characters takes long, and "\r\n" is one of them.
        for (index, line) in text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = Substring(line.last == 13 ? line.dropLast() : line)
            guard !line.isEmpty else { continue }
            lines.append((index + 1, line.split(separator: ",", omittingEmptySubsequences: false)))
        }
        guard let header = lines.first else {
            throw Failure(
                .invalidRequest, "\(file) is empty; its first line must name the columns.")
        }
        var columns: [String: Int] = [:]
        for (index, name) in header.fields.enumerated() { columns[String(name)] = index }
        self.file = file
        self.columns = columns
        self.lines = Array(lines.dropFirst())
    }

    func map<Value>(_ transform: (TraceRow) throws(Failure) -> Value) throws(Failure) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(lines.count)
        for line in lines {
            let row = TraceRow(
                file: file, line: line.number, columns: columns, fields: line.fields)
            if line.fields.count != columns.count {
                throw Failure(
                    .invalidRequest,
                    "\(file), line \(line.number): \(line.fields.count) fields, but the first line "
                        + "names \(columns.count) columns.")
            }
            values.append(try transform(row))
        }
        return values
    }
}

struct TraceRow {
    let file: String
    let line: Int
    let columns: [String: Int]
    let fields: [Substring]

    /// nil where there is no such column.
    func text(_ column: String) -> String? { columns[column].map { String(fields[$0]) } }

    func required(_ column: String) throws(Failure) -> String {
        guard let text = text(column) else {
            throw Failure(
                .invalidRequest,
                "\(file) has no column '\(column)'; its first line names "
                    + columns.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
                    + ".")
        }
        return text
    }

    func number(_ column: String, in range: ClosedRange<Int64>) throws(Failure) -> Int64 {
        let text = try required(column)
        guard let number = Int64(text), range.contains(number) else {
            throw failure(
                "\(column) is '\(text)'",
                "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func failure(_ what: String, _ expected: String) -> Failure {
        Failure(.invalidRequest, "\(file), line \(line): \(what); expected \(expected).")
    }
}
