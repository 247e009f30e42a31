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
            "Requests": count(invoice.requests), "Leases": invoice.leases.map { count($0) },
            "Rounding": money(invoice.rounding),
        ])
        var table = Table(
            .number("LINE"), .text("FOR"), .text("PROJECT"), .fixed("USED IN"),
            .number("PRICES"), .number("QUANTITY"), .fixed("UNIT"), .number("UNIT PRICE"),
            .number("USD"))
        for line in invoice.lines {
            table.add(
                "\(line.line)", line.product.title, line.projectName, "\(line.servicePeriod)",
                line.product.priceText, line.quantityText, line.product.unit,
                line.unitPriceText, money(line.amount))
        }
        table.setFooter("", "total", "", "", "", "", "", "", money(invoice.total))
        return head + "\n\n" + table.rendered(width: columns)
    }

    func creditNote(_ note: CreditNote) -> String {
        record([
            "Credit note": note.number, "Corrects": "\(note.invoiceNumber), line \(note.line)",
            "Used in": "\(note.servicePeriod)", "For": note.product.title,
            "Taken back": note.quantity.map {
                note.product.text(of: $0) + " " + note.product.unit
            },
            "Given back": money(note.amount), "Reason": note.reason, "Issued": time(note.issuedAt),
        ])
    }
}
