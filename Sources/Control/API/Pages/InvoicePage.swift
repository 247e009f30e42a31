package import Commerce
package import Vocabulary

/// An invoice as a page fit for print.
package enum InvoicePage {
    package static func render(_ invoice: Invoice) throws(Failure) -> String {
        let projects = Set(invoice.lines.map(\.project))
        return try page.render([
            "title": invoice.number.map { "Invoice \($0)" } ?? "Draft invoice",
            "draft": invoice.draft,
            "issuer": invoice.issuer.name,
            "customer": invoice.customer.name,
            "customerID": invoice.customer.id.map { "\($0)" } ?? "",
            "period": DisplayText.days(of: invoice.period),
            "issued": invoice.issuedAt.map { DisplayText.day($0) } ?? "not issued",
            "total": DisplayText.cents(invoice.total),
            "exact": "\(invoice.exactTotal)",
            "rounding": "\(invoice.rounding)",
            "counts": counts(invoice),
            "empty": invoice.lines.isEmpty,
            "lines": invoice.lines.map { line($0, manyProjects: projects.count > 1, in: invoice) },
        ])
    }

    /// `12 requests and 3 leases`.
    private static func counts(_ invoice: Invoice) -> String {
        let leases = invoice.leases ?? 0
        return [(invoice.requests, "request"), (leases, "lease")].filter { count, noun in
            count > 0 || (noun == "request" && leases == 0)
        }.map { count, noun in
            DisplayText.grouped(count) + " " + noun + (count == 1 ? "" : "s")
        }.joined(separator: " and ")
    }

    private static func line(
        _ line: InvoiceLine, manyProjects: Bool, in invoice: Invoice
    ) -> [String: Any] {
        [
            "line": "\(line.line)",
            "title": line.product.title,
            "project": manyProjects ? line.projectName : "",
            "late": line.servicePeriod == invoice.period ? "" : "used in \(line.servicePeriod)",
            "version": line.product.priceText,
            "quantity": line.quantityText,
            "unit": line.product.unit,
            "price": line.unitPriceText,
            "exact": "\(line.exactAmount)",
            "amount": DisplayText.cents(line.amount),
        ]
    }

    static let page = PageTemplate(
        title: "{{title}}", style: PageStyle.document,
        body: """
            {{#draft}}<div class="banner">Draft: what the usage comes to so far. Nothing is billed
            by this page.</div>{{/draft}}
            <div class="head">
            <div><h1>{{title}}</h1><div class="soft">{{issuer}}</div></div>
            <dl><dt>Issued</dt><dd>{{issued}}</dd>
            <dt>Period</dt><dd>{{period}}</dd>
            <dt>Total</dt><dd><strong>{{total}} USD</strong></dd></dl>
            </div>
            <div class="parties">
            <div><div class="label">From</div>{{issuer}}</div>
            <div><div class="label">To</div>{{customer}}<div class="small">{{customerID}}</div></div>
            </div>
            {{#empty}}<p>No usage.</p>{{/empty}}
            <div class="scroll"><table>
            <thead><tr><th>#</th><th>For</th><th class="number wide">Prices</th>
            <th class="number">Quantity</th><th class="number wide">Unit price</th>
            <th class="number wide">Exact</th><th class="number">USD</th></tr></thead>
            <tbody>
            {{#lines}}<tr><td>{{line}}</td><td>{{title}}<div class="small">{{project}} \
            {{late}}</div></td><td class="number wide">{{version}}</td>\
            <td class="number">{{quantity}}<div class="small">{{unit}}</div></td><td class="number wide">{{price}}</td>\
            <td class="number wide soft">{{exact}}</td><td class="number">{{amount}}</td></tr>
            {{/lines}}
            </tbody>
            <tfoot>
            <tr class="total"><td colspan="2">Total</td><td class="wide"></td><td></td>\
            <td class="wide"></td><td class="wide"></td><td class="number">{{total}}</td></tr>
            </tfoot></table></div>
            <div class="notes">
            <p>{{counts}}. Each line is rounded once, half up, to cents; the total is the sum of
            the lines. Requests and seconds were charged exactly, each by itself: {{exact}} USD.
            The difference of {{rounding}} USD is posted as rounding.</p>
            <p>Every line can be traced to its requests, leases, volumes or credits. An issued invoice never changes; it is
            corrected by credit notes.</p>
            </div>
            """)
}
