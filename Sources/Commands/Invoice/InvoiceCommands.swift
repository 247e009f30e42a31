package import ArgumentParser
import Commerce
import Vocabulary

package struct InvoiceCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "invoice",
        abstract: "Invoices and their corrections.",
        subcommands: [
            InvoiceIssue.self, InvoiceList.self, InvoiceShow.self, InvoiceExplain.self,
            InvoiceCorrect.self, InvoiceCorrections.self,
        ])

    package init() {}
}

extension TextOutput {
    func invoices(_ invoices: [Invoice]) -> String {
        var table = Table(
            .fixed("NUMBER"), .text("CUSTOMER"), .fixed("PERIOD"), .number("LINES"),
            .number("USD"), .fixed("ISSUED"))
        for invoice in invoices {
            table.add(
                invoice.number ?? "draft", invoice.customer.name, "\(invoice.period)",
                count(invoice.lines.count), money(invoice.total),
                invoice.issuedAt.map(time) ?? "")
        }
        return list(table, empty: "No invoices.")
    }

    func invoice(_ invoice: Invoice) -> String {
        let head = record([
            "Invoice": invoice.number ?? "draft", "Customer": invoice.customer.name,
            "Period": "\(invoice.period)", "Issued": invoice.issuedAt.map(time),
            "Requests": count(invoice.requests), "Rounding": money(invoice.rounding),
        ])
        var table = Table(
            .number("LINE"), .text("MODEL"), .text("PROJECT"), .fixed("TOKENS OF"),
            .fixed("USED IN"), .number("PRICES"), .number("QUANTITY"), .number("PER MILLION"),
            .number("USD"))
        for line in invoice.lines {
            table.add(
                "\(line.line)", line.model, line.projectName, line.tokenClass.words,
                "\(line.servicePeriod)", "v\(line.priceVersion)", count(line.quantity),
                money(line.pricePerMillion), money(line.amount))
        }
        table.setFooter("", "total", "", "", "", "", "", "", money(invoice.total))
        return head + "\n\n" + table.rendered(width: columns)
    }

    func creditNote(_ note: CreditNote) -> String {
        record([
            "Credit note": note.number, "Corrects": "\(note.invoiceNumber), line \(note.line)",
            "Used in": "\(note.servicePeriod)", "Model": note.model,
            "Tokens of": note.tokenClass.words,
            "Tokens taken back": note.quantity.map { count($0) },
            "Given back": money(note.amount), "Reason": note.reason, "Issued": time(note.issuedAt),
        ])
    }
}

extension TokenClass {
    /// Without the common `tokens`.
    var words: String {
        switch self {
        case .input: "input"
        case .cacheRead: "cached input"
        case .cacheWrite: "cache write"
        case .output: "output"
        case .reasoning: "reasoning"
        case .embedding: "embedding"
        }
    }
}
