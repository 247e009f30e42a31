import Ledger
import Metering
import Pricing
import Records
import Vocabulary

extension Verification {
    /// Rates every usage event again and finds its charge.
    mutating func verifyUsage() throws {
        var books: [Int64: PriceBook] = [:]
        for row in try records.priceBooks() { books[row.book.version] = row.book }
        // The reader calls back, so that it does not hold all events at a time.
        var state = self
        try records.eachUsage(UsageFilter()) { state.verify($0, books) }
        self = state
        for key in unclaimed.keys.sorted().prefix(Finding.maximumExamples) {
            charges.fail("\(key) has no usage event")
        }
        charges.note = "\(try records.quarantined().count) records in quarantine"
    }

    private mutating func verify(_ row: UsageRow, _ books: [Int64: PriceBook]) {
        let event = row.event
        let request = event.opened.request
        let price = books[event.opened.priceVersion]?.models[row.priceAs]
        let amount = price.map {
            Rate($0.price(in: event.opened.tier)).charge(for: event.billed)
        }
        rating.check(
            amount == event.amount,
            "\(request) was charged \(event.amount), rated again it costs "
                + (amount.map { "\($0)" } ?? "nothing: its price is not here"))
        let charged = unclaimed.removeValue(forKey: Posting.chargeKey(request))
        charges.check(
            (charged ?? .zero) == event.amount,
            "\(request) costs \(event.amount) and was charged \(charged ?? .zero)")
        if let line = event.opened.line {
            charges.check(
                lines.insert(line).inserted,
                "line \(line.number) of \(line.batch) was charged twice")
        }
        let counts = TokenClass.allCases.flatMap { [event.billed[$0], event.unbilled[$0]] }
        tokens.check(
            counts.allSatisfy { $0 >= 0 }
                && (event.unbilled == .zero || event.unbilledReason != nil),
            "\(request) has tokens without a reason, or less than none")
    }

    /// Reads every journal as far as it was applied and finds each of its settled requests.
    mutating func verifyJournals() throws {
        var quarantined: [GatewayID: Set<Int64>] = [:]
        for row in try records.quarantined() {
            quarantined[row.gateway, default: []].insert(row.journalOffset)
        }
        var found: Int64 = 0
        for gateway in try records.gateways() {
            var end: Int64 = 0
            for stretch in try records.applied(of: gateway.id) {
                journals.check(
                    stretch.from == end,
                    "\(gateway.id) was applied up to \(end), then from \(stretch.from)")
                end = stretch.through
            }
            found += try verifyJournal(gateway, upTo: end, quarantined[gateway.id] ?? [])
        }
        let known = try records.lastUsageSequence()
        journals.check(known == found, "\(known) usage events, \(found) in the journals")
    }

    /// Answers how many usage events the journal has.
    private mutating func verifyJournal(
        _ gateway: GatewayRow, upTo end: Int64, _ quarantined: Set<Int64>
    ) throws -> Int64 {
        var reader = JournalReader(directory: gateway.journalDirectory, position: 0)
        var found: Int64 = 0
        var position: Int64 = 0
        do {
            while true {
                let entries = try reader.read(upTo: end, limit: Self.batch)
                guard let last = entries.last else { break }
                position = last.end
                for entry in entries {
                    guard case .settled(var event) = entry.record,
                        !quarantined.contains(entry.offset)
                    else { continue }
                    found += 1
                    let row = try records.usage(of: event.opened.request)
                    // What recovery settled, control has priced.
                    if event.outcome == .recovered { event.amount = row?.event.amount ?? .zero }
                    journals.check(
                        row?.event == event && row?.journalOffset == entry.offset
                            && row?.gateway == gateway.id,
                        "\(event.opened.request) at \(entry.offset) of \(gateway.id) is "
                            + (row == nil ? "not here" : "here with other contents"))
                }
            }
        } catch let problem as JournalReader.Problem {
            journals.fail("the journal of \(gateway.id) cannot be read: \(problem)")
        }
        journals.check(
            position == end,
            "the journal of \(gateway.id) in \(gateway.journalDirectory) ends at \(position), "
                + "but was applied up to \(end)")
        return found
    }
}
