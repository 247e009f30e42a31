import Vocabulary

/// Reads one mapping of a price file strictly: unknown fields, fields given twice and values of the
/// wrong kind are errors that name file and line.
struct PriceFileReader {
    let file: String
    let line: Int
    /// What the mapping is, for messages: `the file`, `model tiny-llama-demo`.
    let subject: String
    private var fields: [String: PriceFileField]

    /// - Parameter line: Where what it belongs to is named; the mapping's own line if left out.
    init(
        _ node: PriceFileNode, file: String, line: Int? = nil, subject: String, known: [String]
    ) throws(Failure) {
        guard case .mapping(let fields) = node.content else {
            throw Self.failure(file, node.line, "\(subject) must be fields, such as 'version: 1'.")
        }
        self.file = file
        self.line = line ?? node.line
        self.subject = subject
        self.fields = [:]
        for field in fields {
            guard known.contains(field.name) else {
                throw Self.failure(
                    file, field.line,
                    "\(subject) has no field '\(field.name)'. Known are "
                        + "\(known.joined(separator: ", ")).")
            }
            if let first = self.fields[field.name] {
                throw Self.failure(
                    file, field.line,
                    "'\(field.name)' stands twice, first on line \(first.line). Keep one.")
            }
            self.fields[field.name] = field
        }
    }

    func field(_ name: String) -> PriceFileField? { fields[name] }

    func required(_ name: String) throws(Failure) -> PriceFileField {
        guard let field = fields[name] else {
            throw Self.failure(file, line, "\(subject) lacks '\(name)'.")
        }
        return field
    }

    func text(_ field: PriceFileField) throws(Failure) -> String {
        guard case .text(let text) = field.value.content, !text.isEmpty else {
            throw Self.failure(file, field.line, "'\(field.name)' must be one value.")
        }
        return text
    }

    /// What a price is for.
    struct PriceUnit {
        /// `dollars per million tokens`.
        let name: String
        let highest: Money
        /// What a price that could not be divided would make inexact, if anything: `one token's`.
        let smallest: String?

        static let millionTokens = PriceUnit(
            name: "dollars per million tokens", highest: PriceFile.highestPerMillion,
            smallest: "one token's price would not be exact")
        static let acceleratorHour = PriceUnit(
            name: "dollars per accelerator-hour", highest: PriceFile.highestPerHour,
            smallest: nil)
        static let gibibyteMonth = PriceUnit(
            name: "dollars per GiB-month", highest: PriceFile.highestPerGiBMonth, smallest: nil)
    }

    func price(_ field: PriceFileField, in unit: PriceUnit) throws(Failure) -> Money {
        let text = try text(field)
        guard let money = Money(text) else {
            throw Self.failure(
                file, field.line,
                "'\(field.name): \(text)' is no price. Write \(unit.name) as a plain decimal in "
                    + "quotes, such as \"0.40\".")
        }
        guard money >= .zero else {
            throw Self.failure(
                file, field.line, "'\(field.name): \(text)' is below zero. A price is 0 or more.")
        }
        guard money.units % 1_000_000 == 0 else {
            throw Self.failure(
                file, field.line,
                "'\(field.name): \(text)' has more than 12 decimals"
                    + (unit.smallest.map { ", so \($0)" } ?? "") + ". Round it.")
        }
        guard money <= unit.highest else {
            throw Self.failure(
                file, field.line,
                "'\(field.name): \(text)' is above \(unit.highest) \(unit.name). Is it in the right "
                    + "unit?")
        }
        return money
    }

    /// `source` and `date`, which every price has.
    func origin() throws(Failure) -> (source: String, date: String) {
        let date = try required("date")
        guard let day = CivilDate(try text(date)) else {
            throw Self.failure(
                file, date.line, "'date' must be the day of the source, such as 2026-11-21.")
        }
        return (try text(try required("source")), "\(day)")
    }

    static func failure(_ file: String, _ line: Int, _ message: String) -> Failure {
        Failure(
            .invalidRequest, "\(file), line \(line): \(message)", parameter: "\(file):\(line)")
    }
}
