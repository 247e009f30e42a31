import Crypto
import Foundation
package import Pricing
package import Vocabulary
package import Wire

/// The answer to `price check`, and the proof that a check was made.
package enum PriceReview {
    /// What the proposed version would have cost, and what to look at.
    package static func check(
        _ comparison: PriceComparison, belowFloor: [String] = [], proposed: PriceBook,
        current: PriceBook?,
        period: Range<Instant>, names: [OrganizationID: String]
    ) -> PriceCheckBody {
        let models = comparison.models.sorted { $0.key < $1.key }.map { name, sum in
            row(sum, name: name)
        }
        let customers = comparison.customers.map { id, sum in
            row(sum, name: names[id] ?? "\(id)", id: "\(id)")
        }.sorted { ($1.difference, $0.name) < ($0.difference, $1.name) }
        return PriceCheckBody(
            version: proposed.version, effective: proposed.effective,
            currentVersion: current?.version, from: period.lowerBound, to: period.upperBound,
            models: models,
            capacity: comparison.capacity.sorted { $0.key < $1.key }.map { name, sum in
                row(sum, name: name)
            },
            customers: customers, total: row(comparison.total, name: "total"),
            warnings: belowFloor + comparison.warnings,
            confirmation: confirmation(proposed: proposed, current: current))
    }

    /// Names exactly this proposal on top of exactly this version: 16 hexadecimal digits.
    package static func confirmation(proposed: PriceBook, current: PriceBook?) -> String {
        var text = "\(current?.version ?? 0)\n\(proposed.version)\n\(proposed.effective)\n"
        for (name, price) in proposed.models.sorted(by: { $0.key < $1.key }) {
            text += name
            for tokenClass in TokenClass.allCases {
                text += "\t\(price.perMillion[tokenClass] ?? .zero)"
            }
            text += "\n"
        }
        for (name, price) in proposed.compute.sorted(by: { $0.key < $1.key }) {
            let prices = PurchaseClass.allCases.map { price[$0].map { "\($0)" } ?? "-" }
            text += "compute\t\(name)\t" + prices.joined(separator: "\t") + "\n"
        }
        for (name, price) in proposed.storage.sorted(by: { $0.key < $1.key }) {
            text += "storage\t\(name)\t\(price.perGiBMonth)\n"
        }
        let digest = SHA256.hash(data: Data(text.utf8))
        return digest.prefix(8).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// - Throws: `conflict` where the check is missing or was of something else.
    package static func requireConfirmation(
        _ body: PriceApplyBody, proposed: PriceBook, current: PriceBook?
    ) throws(Failure) {
        if body.unchecked == true { return }
        guard let sent = body.confirmation else {
            throw Failure(
                .conflict,
                "Check the file first ('spillway price check'), then apply it with the "
                    + "confirmation that the check gives, or with '--yes'.",
                parameter: "confirmation")
        }
        guard sent == confirmation(proposed: proposed, current: current) else {
            throw Failure(
                .conflict,
                "The confirmation belongs to another file or to another version in force. Check "
                    + "the file again.", parameter: "confirmation")
        }
    }

    /// A version of the price book as the API shows it.
    package static func body(
        _ book: PriceBook, appliedAt: Instant?, inForce: Bool
    ) -> PriceVersionBody {
        PriceVersionBody(
            version: book.version, effective: book.effective, appliedAt: appliedAt,
            inForce: inForce,
            models: book.models.values.sorted { $0.model < $1.model }.map { price in
                ModelPriceBody(
                    model: price.model, perMillion: price.perMillion, source: price.source,
                    date: price.sourceDate)
            },
            compute: book.compute.values.sorted { $0.accelerator < $1.accelerator }.map { price in
                ComputePriceBody(
                    accelerator: price.accelerator.text, reserved: price.reserved,
                    onDemand: price.onDemand, spot: price.spot, source: price.source,
                    date: price.sourceDate)
            },
            storage: book.storage.values.sorted { $0.entry < $1.entry }.map { price in
                StoragePriceBody(
                    entry: price.entry, gibibyteMonth: price.perGiBMonth, source: price.source,
                    date: price.sourceDate)
            })
    }

    private static func row(
        _ sum: PriceComparison.Sum, name: String, id: String? = nil
    ) -> PriceCheckBody.Row {
        PriceCheckBody.Row(
            name: name, id: id, requests: sum.requests, current: sum.current,
            proposed: sum.proposed)
    }
}
