/// A list as a table that fits a terminal: the one way in which commands print lists.
///
/// Where the columns do not fit, texts that may be shortened are; where that does not suffice, each
/// row becomes a block of lines. Identifiers and amounts are never cut.
struct Table {
    struct Column {
        enum Kind {
            /// Identifiers, dates, words of ours: never cut.
            case fixed
            /// Numbers: to the right, never cut.
            case number
            /// Texts of people: may be shortened.
            case text
        }

        let title: String
        let kind: Kind

        static func fixed(_ title: String) -> Column { Column(title: title, kind: .fixed) }
        static func number(_ title: String) -> Column { Column(title: title, kind: .number) }
        static func text(_ title: String) -> Column { Column(title: title, kind: .text) }
    }

    /// A text is not shortened below this many characters.
    static let shortestText = 8
    private static let gap = 2

    let columns: [Column]
    private(set) var rows: [[String]] = []
    private var footer: [String]?

    init(_ columns: Column...) { self.columns = columns }

    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count)
        rows.append(cells)
    }

    /// A last row under a rule, for sums.
    mutating func setFooter(_ cells: String...) {
        precondition(cells.count == columns.count)
        footer = cells
    }

    /// - Parameter width: Columns of the terminal; nil where nothing must fit.
    func rendered(width: Int?) -> String {
        let all = [columns.map(\.title)] + rows + (footer.map { [$0] } ?? [])
        let natural = columns.indices.map { index in all.map { $0[index].count }.max() ?? 0 }
        guard let widths = fitted(natural, to: width) else { return blocks() }
        var lines = [line(columns.map(\.title), widths)]
        lines += rows.map { line($0, widths) }
        if let footer {
            lines.append(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "))
            lines.append(line(footer, widths))
        }
        return lines.joined(separator: "\n")
    }

    private func fitted(_ natural: [Int], to width: Int?) -> [Int]? {
        let gaps = Self.gap * max(0, columns.count - 1)
        guard let width, natural.reduce(gaps, +) > width else { return natural }
        var widths = natural
        var excess = natural.reduce(gaps, +) - width
        while excess > 0 {
            let candidates = columns.indices.filter { index in
                columns[index].kind == .text
                    && widths[index] > max(Self.shortestText, columns[index].title.count)
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return nil }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let shown = shortened(cell, to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - shown.count)
            if index > 0 { text += String(repeating: " ", count: Self.gap) }
            text += columns[index].kind == .number ? padding + shown : shown + padding
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func shortened(_ cell: String, to width: Int) -> String {
        cell.count <= width ? cell : cell.prefix(max(0, width - 1)) + "…"
    }

    private func blocks() -> String {
        let titleWidth = columns.map(\.title.count).max() ?? 0
        return (rows + (footer.map { [$0] } ?? [])).map { row in
            zip(columns, row).filter { !$1.isEmpty }.map { column, cell in
                let padding = String(repeating: " ", count: titleWidth - column.title.count)
                return "\(column.title)\(padding)  \(cell)"
            }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
