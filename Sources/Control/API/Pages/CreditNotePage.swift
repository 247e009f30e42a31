package import Commerce
package import Vocabulary

/// A credit note as a page fit for print.
package enum CreditNotePage {
    package static func render(_ note: CreditNote) throws(Failure) -> String {
        try page.render([
            "number": note.number,
            "issuer": note.issuer.name,
            "customer": note.customer.name,
            "customerID": note.customer.id.map { "\($0)" } ?? "",
            "issued": DisplayText.day(note.issuedAt),
            "invoice": note.invoiceNumber,
            "line": "\(note.line)",
            "period": "\(note.servicePeriod)",
            "title": note.product.title,
            "project": note.projectName,
            "quantity": note.quantity.map { note.product.text(of: $0) } ?? "",
            "unit": note.quantity == nil ? "" : note.product.unit,
            "price": note.unitPriceText,
            "amount": DisplayText.cents(-note.amount),
            "reason": note.reason,
        ])
    }

    static let page = PageTemplate(
        title: "Credit note {{number}}", style: PageStyle.document,
        body: """
            <div class="head">
            <div><h1>Credit note {{number}}</h1><div class="soft">{{issuer}}</div></div>
            <dl><dt>Issued</dt><dd>{{issued}}</dd>
            <dt>Corrects</dt><dd>{{invoice}}, line {{line}}</dd>
            <dt>Used in</dt><dd>{{period}}</dd>
            <dt>Amount</dt><dd><strong>{{amount}} USD</strong></dd></dl>
            </div>
            <div class="parties">
            <div><div class="label">From</div>{{issuer}}</div>
            <div><div class="label">To</div>{{customer}}<div class="small">{{customerID}}</div></div>
            </div>
            <div class="scroll"><table>
            <thead><tr><th>Line</th><th>For</th><th class="wide">Used in</th>
            <th class="number">Taken back</th><th class="number wide">Unit price</th>
            <th class="number">USD</th></tr></thead>
            <tbody><tr><td>{{line}}</td><td>{{title}}<div class="small">{{project}}</div>
            </td><td class="wide">{{period}}</td><td class="number">{{quantity}}\
            <div class="small">{{unit}}</div></td>
            <td class="number wide">{{price}}</td><td class="number">{{amount}}</td></tr></tbody>
            <tfoot><tr class="total"><td colspan="2">Total</td><td class="wide"></td><td></td>\
            <td class="wide"></td><td class="number">{{amount}}</td>
            </tr></tfoot></table></div>
            <h2>Reason</h2>
            <p>{{reason}}</p>
            <div class="notes"><p>The amount is on the customer's account from the day of issue.
            The invoice itself stays as it was issued.</p></div>
            """)
}
