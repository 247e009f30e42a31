import Ledger
import Logging
import Metering
import Pricing
import Records
import Vocabulary

/// Applying gateways' journals: each record once, in order, together with how far it went.
extension ControlService {
    /// Records that are posted in one transaction.
    package static let applyBatchLimit = 500
    /// What is announced within this time is applied together: each transaction's sync makes the
    /// gateway's own wait for the disk. Whoever asks for a balance or for usage is not kept
    /// waiting: a recall applies at once.
    package static let applyDelay = Duration.milliseconds(100)

    func applySoon() {
        guard !applyIsDue else { return }
        applyIsDue = true
        Task {
            try? await Task.sleep(for: Self.applyDelay)
            applyIsDue = false
            for gateway in gateways.keys {
                while applyOrLogOnce(gateway) { await Task.yield() }
            }
        }
    }

    /// Posts all that gateways have announced: for the end of control.
    package func applyWhatIsSynced() {
        for gateway in gateways.keys { applyOrLog(gateway) }
    }

    func applyAll(of gateway: GatewayID) throws {
        while try applyBatch(of: gateway) {}
    }

    /// For where a journal that cannot be read must not stop the answer.
    func applyOrLog(_ gateway: GatewayID) {
        while applyOrLogOnce(gateway) {}
    }

    private func applyOrLogOnce(_ gateway: GatewayID) -> Bool {
        do {
            let went = try applyBatch(of: gateway)
            gateways[gateway]?.problem = nil
            return went
        } catch {
            let problem = "\(error)"
            if gateways[gateway]?.problem != problem {
                logger.error(
                    "a journal cannot be applied",
                    metadata: ["gateway": "\(gateway)", "error": "\(problem)"])
            }
            gateways[gateway]?.problem = problem
            return false
        }
    }

    /// Applies the next records that are synced; false when there were none.
    @discardableResult
    func applyBatch(of gateway: GatewayID) throws -> Bool {
        guard let state = gateways[gateway], state.applied < state.synced else { return false }
        var reader = JournalReader(
            directory: state.row.journalDirectory, position: state.applied)
        let entries = try reader.read(upTo: state.synced, limit: Self.applyBatchLimit)
        guard let last = entries.last else { return false }
        batchDesk.news = []
        try transact { records in
            for entry in entries { try apply(entry, of: gateway, records) }
            try records.insert(
                AppliedRow(
                    gateway: gateway, from: state.applied, through: last.end, at: clock.now()))
        }
        gateways[gateway]?.applied = last.end
        lineNewsKept()
        return true
    }

    private func apply(
        _ entry: JournalReader.Entry, of gateway: GatewayID, _ records: any Recorder
    ) throws {
        let place = JournalPlace(gateway: gateway, offset: entry.offset, record: entry.record)
        switch entry.record {
        case nil:
            try quarantine(place, "written by a version that this one does not know", records)
        case .opened, .checkpoint: break
        case .epoch(_, let epoch, _):
            for purse in book.leases(of: gateway) {
                try giveBack(
                    book.balance(purse.lease(gateway)), of: purse, kind: .reclaim, place,
                    reference: "epoch \(epoch)", records)
            }
        case .settled(let event): try settle(event, place, records)
        case .returned(let scope, let amount, _):
            let purse = LeasedPurse(scope)
            let lent = book.balance(purse.lease(gateway))
            if amount > lent || amount < .zero {
                try quarantine(place, "returns \(amount) of \(lent) that is lent", records)
            }
            try giveBack(
                min(amount, lent), of: purse, kind: .returned, place, reference: nil, records)
        case .abandoned(let request, let counts, let at):
            try records.insert(
                AbandonedRow(
                    gateway: gateway, journalOffset: entry.offset, request: request,
                    counts: counts, at: at))
        case .answerPart(let request, let bytes):
            try records.insert(
                AnswerPartRow(
                    gateway: gateway, journalOffset: entry.offset, request: request, bytes: bytes))
        case .lineRefused(let line, let request, let status, _):
            do {
                try end(line, by: request, status: status, records)
            } catch let failure as Failure {
                try quarantine(place, failure.message, records)
            }
        }
    }

    private func giveBack(
        _ amount: Money, of purse: LeasedPurse, kind: TransactionKind, _ place: JournalPlace,
        reference: String?, _ records: any Recorder
    ) throws {
        guard amount > .zero else { return }
        try post(
            Posting.giveBack(
                amount, of: purse, from: place.gateway, kind: kind,
                key: "\(kind.rawValue)/\(place.gateway)/\(place.offset)/\(purse.scope)",
                reference: reference), records)
    }

    private func settle(
        _ settled: SettledRequest, _ place: JournalPlace, _ records: any Recorder
    ) throws {
        let event = priced(settled)
        try recordSupply(event, place.gateway, records)
        let opened = event.opened
        let gateway = place.gateway
        let priceAs: String
        do {
            priceAs = try rated(event)
            if try records.isRecorded(opened.request) {
                throw Failure(.conflict, "the request was settled before")
            }
            let lent = book.balance(.lease(gateway, opened.organization))
            guard lent >= event.amount else {
                throw Failure(
                    .conflict, "costs \(event.amount), and \(lent) is lent to its gateway")
            }
            if let line = opened.line {
                try end(line, by: opened.request, status: 200, records)
            }
        } catch let failure as Failure {
            try quarantine(place, failure.message, records)
            try releaseQuarantined(event, place, records)
            return
        }
        directory.usageSequence += 1
        try records.insert(
            UsageRow(
                sequence: directory.usageSequence, gateway: gateway, journalOffset: place.offset,
                priceAs: priceAs, event: event))
        guard event.amount > .zero else { return }
        replicaDesk.earned(event.amount, by: opened.model)
        try post(
            Posting.charge(
                event.amount, for: opened.request, organization: opened.organization,
                gateway: gateway, budgets: try budgetShares(of: event, gateway, records)), records)
    }

    /// What a gateway that died had left open is priced here: the one after it may not know the
    /// price any more, and its money is still lent until the next epoch's record.
    private func priced(_ event: SettledRequest) -> SettledRequest {
        let opened = event.opened
        guard event.outcome == .recovered,
            let price = directory.priceBook(version: opened.priceVersion),
            let entry = directory.priceEntries(of: opened.model, at: opened.at)
                .first(where: { price.models[$0] != nil }),
            let model = price.models[entry]
        else { return event }
        var event = event
        event.amount = Rate(model.price(in: opened.tier)).charge(for: event.billed)
        return event
    }

    /// The price book's entry by which the event's amount is right.
    private func rated(_ event: SettledRequest) throws(Failure) -> String {
        let opened = event.opened
        guard directory.organizations[opened.organization] != nil else {
            throw Failure(.notFound, "of \(opened.organization), whom nobody knows")
        }
        guard let price = directory.priceBook(version: opened.priceVersion) else {
            throw Failure(.notFound, "priced by version \(opened.priceVersion), which is not here")
        }
        let entries = directory.priceEntries(of: opened.model, at: opened.at)
        var amounts: [String] = []
        for entry in entries {
            guard let model = price.models[entry] else { continue }
            let amount = Rate(model.price(in: opened.tier)).charge(for: event.billed)
            if amount == event.amount { return entry }
            amounts.append("\(amount) as \(entry)")
        }
        throw Failure(
            .conflict,
            "the gateway took \(event.amount) for \(opened.model); version "
                + "\(opened.priceVersion) gives "
                + (amounts.isEmpty ? "no price" : amounts.joined(separator: ", ")))
    }

    /// The budgets that are charged: those set now, and those that the gateway was lent from.
    private func budgetShares(
        of event: SettledRequest, _ gateway: GatewayID, _ records: any Recorder
    ) throws -> [Posting.BudgetShare] {
        try directory.budgets(of: event.opened).compactMap { scope in
            guard case .budget(let name) = LeasedPurse(scope) else { return nil }
            try allotBudget(of: scope, records)
            return Posting.BudgetShare(
                name, amount: event.amount, lent: book.balance(.budgetLease(gateway, name)))
        }
    }

    /// What is in quarantine is not charged: what the gateway took for it goes back.
    private func releaseQuarantined(
        _ event: SettledRequest, _ place: JournalPlace, _ records: any Recorder
    ) throws {
        let scopes =
            [Scope.organization(event.opened.organization)] + directory.budgets(of: event.opened)
        for purse in scopes.map(LeasedPurse.init) {
            let lent = book.balance(purse.lease(place.gateway))
            try giveBack(
                min(event.amount, lent), of: purse, kind: .quarantine, place,
                reference: "\(event.opened.request)", records)
        }
    }

    private func quarantine(
        _ place: JournalPlace, _ reason: String, _ records: any Recorder
    ) throws {
        logger.error(
            "a journal record is in quarantine",
            metadata: [
                "gateway": "\(place.gateway)", "offset": "\(place.offset)", "reason": "\(reason)",
            ])
        directory.quarantined += 1
        try records.insert(
            QuarantineRow(
                gateway: place.gateway, journalOffset: place.offset, request: place.request,
                reason: reason, record: place.hexadecimal, at: clock.now()))
    }
}

/// Where a record stands, for what is posted because of it.
struct JournalPlace {
    let gateway: GatewayID
    let offset: Int64
    let record: JournalRecord?

    var request: RequestID? {
        switch record {
        case .settled(let event): event.opened.request
        case .opened(let opened): opened.request
        case .checkpoint(let request, _, _), .abandoned(let request, _, _): request
        case .answerPart(let request, _), .lineRefused(_, let request, _, _): request
        case .epoch, .returned, nil: nil
        }
    }

    var hexadecimal: String {
        (record.map(JournalCodec.encode) ?? []).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
