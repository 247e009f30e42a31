import Fleet
import Ledger
import Metering
import Pricing
import Records
import Vocabulary

extension Verification {
    /// Costs every request at a supplier again, and finds it posted against the day's and the
    /// month's caps.
    mutating func verifySupplies() throws {
        var terms: [ReplicaID: SupplyTerms] = [:]
        for row in try records.supplyTerms() { terms[row.replica] = row }
        guard !terms.isEmpty else { return }
        var state = self
        var found: Set<RequestID> = []
        try records.eachSupplied(
            from: Instant(microseconds: .min), to: Instant(microseconds: .max)
        ) { row in
            found.insert(row.request)
            try state.verify(row, terms[row.replica])
        }
        for key in state.unclaimedSupplies.keys.sorted().prefix(Finding.maximumExamples) {
            state.supplies.fail("\(key) has no record")
        }
        try records.eachUsage(UsageFilter()) { row in
            let opened = row.event.opened
            guard terms[opened.replica] != nil else { return }
            state.supplies.check(
                found.contains(opened.request), "\(opened.request) has no cost on record")
        }
        self = state
    }

    private mutating func verify(_ row: SuppliedRow, _ terms: SupplyTerms?) throws {
        let request = row.request
        // An event in quarantine has no counts here.
        if let event = try records.usage(of: request)?.event, event.opened.replica == row.replica {
            let cost = terms.map {
                Rate(perMillion: $0.perMillion).charge(for: event.billed + event.unbilled)
            }
            supplies.check(
                cost == row.cost && terms?.supplier == row.supplier,
                "\(request) is recorded at \(row.cost), costed again it is "
                    + (cost.map { "\($0)" } ?? "unknown"))
        }
        let posted = unclaimedSupplies.removeValue(forKey: Posting.supplyKey(request)) ?? [:]
        let periods = SupplyPeriods(containing: row.openedAt)
        for period in [periods.day, periods.month] {
            let amount =
                posted[.budgetSpent(.supplier(row.supplier, period: period))] ?? .zero
            supplies.check(
                amount == row.cost, "\(request) cost \(row.cost), posted in \(period): \(amount)")
        }
    }
}
