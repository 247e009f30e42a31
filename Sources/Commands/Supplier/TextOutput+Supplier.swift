import Vocabulary
import Wire

extension SupplierBody {
    /// `0.42 of 5 in 2026-11-22, 3.10 of 100 in 2026-11`; nil where nothing is capped by kind.
    func capsInWords(_ text: TextOutput) -> String? {
        caps?.map { cap in
            text.amount(cap.used) + (cap.cap.map { " of \(text.amount($0))" } ?? " (no cap)")
                + " in \(cap.period)"
        }.joined(separator: ", ")
    }
}

extension TextOutput {
    /// What a supplier takes for each model.
    func supplied(_ tokens: SupplierBody.Tokens) -> String {
        var table = Table(
            .fixed("MODEL"), .fixed("ITS NAME"), .number("INPUT"), .number("OUTPUT"),
            .number("QUEUE"), .fixed("SERVED"), .fixed("COVERED"))
        for model in tokens.models {
            func price(_ tokenClass: TokenClass) -> String {
                model.perMillion[tokenClass.rawValue].map(money) ?? "-"
            }
            table.add(
                model.model, model.upstreamModel ?? model.model, price(.input), price(.output),
                count(model.queue), model.isServed ? "yes" : "no", model.isCovered ? "yes" : "no")
        }
        return list(table, empty: "It is asked for no model.")
    }
}
