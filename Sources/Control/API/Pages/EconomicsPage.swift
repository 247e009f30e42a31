package import CapacityPath
import Fleet
package import Vocabulary

/// A fleet's economics as a page fit for print.
package enum EconomicsPage {
    package static func render(_ report: EconomicsReport) throws(Failure) -> String {
        try page.render([
            "from": DisplayText.day(report.from),
            "to": DisplayText.day(report.to + .microseconds(-1)),
            "earned": cents(report.total.earned),
            "chargedBack": cents(report.total.chargedBack),
            "spent": cents(report.total.spent),
            "margin": cents(report.total.margin),
            "invested": cents(report.total.invested),
            "return": report.total.returnOnCapital.map { $0 + " %" } ?? "–",
            "payBack": report.total.payBackMonths.map { $0 + " months" } ?? "–",
            "advice": report.advice.map { ["sentence": $0.sentence] },
            "parts": [
                part("Pools", report.pools), part("Sites", report.sites),
                part("Suppliers", report.suppliers),
            ],
            "uses": report.pools.map(uses) + [uses(report.total)],
            "revenue": report.total.revenue.map(revenue),
            "contracts": report.contracts.map(contract),
            "hasContracts": !report.contracts.isEmpty,
            "deliveries": report.deliveries.map(delivery),
            "hasDeliveries": !report.deliveries.isEmpty,
        ])
    }

    private static func cents(_ money: Money) -> String {
        DisplayText.cents(money.roundedToCents)
    }

    private static func part(_ title: String, _ rows: [EconomicsRow]) -> [String: Any] {
        [
            "title": title,
            "rows": rows.map { row in
                [
                    "name": row.name ?? "elsewhere",
                    "earned": cents(row.earned), "spent": cents(row.spent),
                    "margin": cents(row.margin), "invested": cents(row.invested),
                    "return": row.returnOnCapital.map { $0 + " %" } ?? "–",
                    "payBack": row.payBackMonths ?? "–",
                    "more": row.oneMoreNode.map { cents($0.value) } ?? "–",
                    "fewer": row.oneNodeFewer.map { cents($0.value) } ?? "–",
                ]
            },
        ]
    }

    private static func uses(_ row: EconomicsRow) -> [String: Any] {
        let off = row.hours(.down) + row.hours(.maintenance)
        let moving = row.hours(.starting) + row.hours(.draining) + row.hours(.heldForClaimant)
        return [
            "name": row.name ?? "total", "capacity": hours(row.capacity),
            "sold": hours(row.hours(.sold)), "internal": hours(row.hours(.internal)),
            "moving": hours(moving), "idle": hours(row.hours(.idle)), "off": hours(off),
        ]
    }

    private static func hours(_ hours: AcceleratorHours) -> String {
        hours.formatted(decimals: 1)
    }

    private static func revenue(_ row: EconomicsRow.Revenue) -> [String: Any] {
        [
            "product": row.product.words,
            "class": row.purchaseClass.map { $0.rawValue.replacing("_", with: " ") } ?? "",
            "who": row.isInternal ? "teams, at cost" : "customers",
            "hours": row.hours == .zero ? "" : hours(row.hours), "amount": cents(row.amount),
        ]
    }

    private static func contract(_ use: ContractUse) -> [String: Any] {
        [
            "supplier": use.supplier.text,
            "kind": use.kind.rawValue.replacing("_", with: " "),
            "committed": hours(use.committed), "used": hours(use.used),
            "unused": hours(use.unused), "paid": cents(use.paid),
            "forNothing": cents(use.paidForUnused),
        ]
    }

    private static func delivery(_ delivery: PlannedDelivery) -> [String: Any] {
        [
            "when": delivery.expected.map { DisplayText.day($0) } ?? "no date",
            "pool": delivery.pool.text, "site": delivery.site.text,
            "nodes": "\(delivery.nodes)", "accelerators": "\(delivery.accelerators)",
            "watts": delivery.siteWatts.map { DisplayText.grouped($0) } ?? "–",
            "fits": delivery.fitsPowerCap ? "" : "more than the site may draw",
        ]
    }

    static let page = PageTemplate(
        title: "Economics {{from}} to {{to}}", style: PageStyle.document,
        body: """
            <div class="head">
            <div><h1>Economics of the fleet</h1><div class="soft">{{from}} to {{to}}, dollars and
            accelerator-hours</div></div>
            <dl><dt>Earned</dt><dd>{{earned}}</dd><dt>of it from teams of ours</dt>
            <dd>{{chargedBack}}</dd><dt>Cost</dt><dd>{{spent}}</dd><dt>Margin</dt>
            <dd><strong>{{margin}}</strong></dd><dt>Capital</dt><dd>{{invested}}</dd>
            <dt>Return a year</dt><dd>{{return}}</dd><dt>Pay-back</dt><dd>{{payBack}}</dd></dl>
            </div>
            <h2>What follows</h2>
            {{#advice}}<p>{{sentence}}</p>
            {{/advice}}
            {{#parts}}<h2>{{title}}</h2>
            <div class="scroll"><table>
            <thead><tr><th></th><th class="number">Earned</th><th class="number">Cost</th>
            <th class="number">Margin</th><th class="number wide">Capital</th>
            <th class="number">Return</th><th class="number wide">Months</th>
            <th class="number wide">One node more</th><th class="number wide">One fewer</th></tr>
            </thead><tbody>
            {{#rows}}<tr><td>{{name}}</td><td class="number">{{earned}}</td>\
            <td class="number">{{spent}}</td><td class="number">{{margin}}</td>\
            <td class="number wide">{{invested}}</td><td class="number">{{return}}</td>\
            <td class="number wide">{{payBack}}</td><td class="number wide">{{more}}</td>\
            <td class="number wide">{{fewer}}</td></tr>
            {{/rows}}
            </tbody></table></div>
            {{/parts}}
            <h2>What the time was spent on</h2>
            <div class="scroll"><table>
            <thead><tr><th>Pool</th><th class="number">Capacity</th><th class="number">Sold</th>
            <th class="number">Internal</th><th class="number">Starting, draining, held</th>
            <th class="number">Idle</th><th class="number">Down, maintenance</th></tr></thead>
            <tbody>
            {{#uses}}<tr><td>{{name}}</td><td class="number">{{capacity}}</td>\
            <td class="number">{{sold}}</td><td class="number">{{internal}}</td>\
            <td class="number">{{moving}}</td><td class="number">{{idle}}</td>\
            <td class="number">{{off}}</td></tr>
            {{/uses}}
            </tbody></table></div>
            <h2>What was earned with</h2>
            <div class="scroll"><table>
            <thead><tr><th>Product</th><th>Class</th><th>From</th><th class="number">Hours</th>
            <th class="number">USD</th></tr></thead>
            <tbody>
            {{#revenue}}<tr><td>{{product}}</td><td>{{class}}</td><td>{{who}}</td>\
            <td class="number">{{hours}}</td><td class="number">{{amount}}</td></tr>
            {{/revenue}}
            </tbody></table></div>
            {{#hasContracts}}<h2>Contracts</h2>
            <div class="scroll"><table>
            <thead><tr><th>Supplier</th><th>Kind</th><th class="number">Committed</th>
            <th class="number">Used</th><th class="number">Unused</th><th class="number">Paid</th>
            <th class="number">For nothing</th></tr></thead>
            <tbody>
            {{#contracts}}<tr><td>{{supplier}}</td><td>{{kind}}</td>\
            <td class="number">{{committed}}</td><td class="number">{{used}}</td>\
            <td class="number">{{unused}}</td><td class="number">{{paid}}</td>\
            <td class="number">{{forNothing}}</td></tr>
            {{/contracts}}
            </tbody></table></div>{{/hasContracts}}
            {{#hasDeliveries}}<h2>What is ordered</h2>
            <div class="scroll"><table>
            <thead><tr><th>Expected</th><th>Pool</th><th>Site</th><th class="number">Nodes</th>
            <th class="number">Accelerators</th><th class="number">Site's watts then</th>
            <th></th></tr></thead>
            <tbody>
            {{#deliveries}}<tr><td>{{when}}</td><td>{{pool}}</td><td>{{site}}</td>\
            <td class="number">{{nodes}}</td><td class="number">{{accelerators}}</td>\
            <td class="number">{{watts}}</td><td>{{fits}}</td></tr>
            {{/deliveries}}
            </tbody></table></div>{{/hasDeliveries}}
            <div class="notes">
            <p>Hours of all uses sum to the capacity times its time. Pools, sites and suppliers
            each sum to the whole. Capital is the annuity of what nodes cost; the return is what is
            left after energy, operations, contracts and depreciation, of the capital, a year.
            'Elsewhere' is what belongs to no pool: tokens resold, and corrections.</p>
            </div>
            """)
}
