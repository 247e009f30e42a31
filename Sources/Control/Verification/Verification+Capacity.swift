import Ledger
import Metering
import Pricing
import Records
import Vocabulary

/// What was rented: stretches, their charges, holds and service credits.
extension Verification {
    /// One lease or volume while its stretches are read, in their order.
    struct LeaseWalk {
        var first: ComputeStretch
        var sequence = 0
        var second: Int64 = 0
        var rating = ComputeRating()

        init(_ first: ComputeStretch) { self.first = first }
    }

    mutating func verifyCapacity() throws {
        var books: [Int64: PriceBook] = [:]
        for row in try records.priceBooks() { books[row.book.version] = row.book }
        try readServiceCredits()
        unwalked = settledLeases
        var state = self
        var walk: LeaseWalk?
        try records.eachComputeChargeByLease { row in
            let stretch = row.stretch
            if let done = walk, done.first.lease != stretch.lease {
                state.finish(done)
                walk = nil
            }
            var now = walk ?? LeaseWalk(stretch)
            state.verify(stretch, &now, books)
            walk = now
        }
        if let walk { state.finish(walk) }
        var last: StorageStretch?
        try records.eachStorageChargeByVolume { row in
            state.verify(row.stretch, after: last, books)
            last = row.stretch
        }
        self = state
        for (lease, settled) in unwalked.sorted(by: { $0.key < $1.key }) {
            stretches.check(
                settled.charges == 0,
                "\(lease) was settled after \(settled.charges) stretches, none is here")
        }
        for key in unclaimedCapacity.keys.sorted().prefix(Finding.maximumExamples) {
            capacityCharges.fail("\(key) has no stretch")
        }
        for (lease, credits) in serviceCredits.sorted(by: { $0.key < $1.key }) {
            verify(credits, of: lease, charged: .zero)
        }
        for key in unclaimedCredits.keys.sorted() {
            credits.fail("\(key) is posted and on no record")
        }
        try verifyHolds()
    }

    private mutating func readServiceCredits() throws {
        var found: [LeaseID: [ServiceCredit]] = [:]
        try records.eachServiceCredit(CapacityChargeFilter()) { row in
            found[row.credit.lease, default: []].append(row.credit)
        }
        serviceCredits = found
    }

    private mutating func verify(
        _ stretch: ComputeStretch, _ walk: inout LeaseWalk, _ books: [Int64: PriceBook]
    ) {
        let lease = stretch.lease
        stretches.check(
            stretch.sequence == walk.sequence + 1 && stretch.fromSecond == walk.second
                && stretch.toSecond >= stretch.fromSecond
                && stretch.startedAt == walk.first.startedAt && stretch.order == walk.first.order
                && stretch.organization == walk.first.organization,
            "stretch \(stretch.sequence) of \(lease), from second \(stretch.fromSecond), follows "
                + "stretch \(walk.sequence), which ends at \(walk.second)")
        walk.sequence = stretch.sequence
        walk.second = stretch.toSecond
        var amount = Money.zero
        if stretch.unbilledReason == nil {
            amount = walk.rating.add(stretch.time, pricePerHour: stretch.pricePerHour)
        }
        let price =
            books[stretch.priceVersion]?.compute[stretch.entry]?[stretch.purchaseClass]
        let key = Posting.chargeKey(lease, sequence: stretch.sequence)
        let isMarket = stretch.purchaseClass == .spot && price != nil && stretch.priceVersion > 0
        if isMarket, price != stretch.pricePerHour { marketStretches[key] = stretch }
        capacityRating.check(
            amount == stretch.amount
                && (stretch.priceVersion == 0 || isMarket || price == stretch.pricePerHour),
            "stretch \(stretch.sequence) of \(lease) was charged \(stretch.amount) at "
                + "\(stretch.pricePerHour), rated again it costs \(amount) at "
                + (price.map { "\($0)" } ?? "cost"))
        claim(key, amount: stretch.amount)
    }

    private mutating func verify(
        _ stretch: StorageStretch, after last: StorageStretch?, _ books: [Int64: PriceBook]
    ) {
        let before = last?.volume == stretch.volume ? last : nil
        stretches.check(
            stretch.sequence == (before?.sequence ?? 0) + 1
                && stretch.from >= before?.to ?? stretch.from,
            "stretch \(stretch.sequence) of \(stretch.volume) follows "
                + "\(before?.sequence ?? 0) or overlaps it")
        let time = StorageTime(mebibytes: stretch.mebibytes, seconds: stretch.seconds)
        let amount =
            stretch.unbilledReason == nil
            ? time.amount(perGiBMonth: stretch.perGiBMonth) : .zero
        let price = books[stretch.priceVersion]?.storage[stretch.entry]?.perGiBMonth
        capacityRating.check(
            amount == stretch.amount
                && (stretch.priceVersion == 0 || price == stretch.perGiBMonth),
            "stretch \(stretch.sequence) of \(stretch.volume) was charged \(stretch.amount), "
                + "rated again it costs \(amount)")
        claim(
            Posting.storageChargeKey(stretch.volume, sequence: stretch.sequence),
            amount: stretch.amount)
    }

    private mutating func claim(_ key: String, amount: Money) {
        let charged = unclaimedCapacity.removeValue(forKey: key) ?? .zero
        capacityCharges.check(
            charged == amount, "\(key) costs \(amount) and was charged \(charged)")
    }

    private mutating func finish(_ walk: LeaseWalk) {
        let lease = walk.first.lease
        if let settled = unwalked.removeValue(forKey: lease) {
            stretches.check(
                settled.charges == Int64(walk.sequence) && settled.seconds == walk.second,
                "\(lease) was settled after \(settled.charges) stretches and \(settled.seconds) "
                    + "seconds, and has \(walk.sequence) and \(walk.second)")
        }
        if let given = serviceCredits.removeValue(forKey: lease) {
            verify(given, of: lease, charged: walk.rating.amount)
        }
    }

    private mutating func verify(
        _ given: [ServiceCredit], of lease: LeaseID, charged: Money
    ) {
        for (index, credit) in given.sorted(by: { $0.sequence < $1.sequence }).enumerated() {
            let key = Posting.serviceCreditKey(
                lease, reason: credit.reason, sequence: credit.sequence)
            let posted = unclaimedCredits.removeValue(forKey: key) ?? .zero
            credits.check(
                posted == credit.amount && credit.sequence == index + 1,
                "\(key) gives \(credit.amount), \(posted) is posted")
        }
        let sum = given.reduce(Money.zero) { $0 + $1.amount }
        credits.check(
            sum <= charged, "\(lease) was charged \(charged) and given back \(sum)")
    }

    /// A lease that is settled holds nothing, and what was released is settled.
    private mutating func verifyHolds() throws {
        var held: [LeaseID: Money] = [:]
        for (account, balance) in balances {
            if let lease = account.held?.lease { held[lease, default: .zero] += balance }
        }
        for lease in settledLeases.keys.sorted() {
            holds.check(
                (held[lease] ?? .zero) == .zero,
                "\(lease) is settled and still holds \(held[lease] ?? .zero)")
        }
        for lease in releases.keys.sorted() {
            holds.check(
                settledLeases[lease] != nil, "the hold of \(lease) was released before its end")
        }
        let open = held.filter { $0.value != .zero }.count
        holds.note = "\(open) leases hold money now"
    }

    /// Keeps what of a transaction is about leases and volumes.
    mutating func noteCapacity(_ posted: PostedTransaction) {
        let transaction = posted.transaction
        let leases = Set(transaction.entries.compactMap { $0.account.held?.lease })
        switch transaction.kind {
        case .hold:
            for lease in leases {
                holds.check(
                    releases[lease] == nil, "\(lease) holds again after its release")
            }
        case .release:
            for lease in leases { releases[lease, default: 0] += 1 }
        case .serviceCredit:
            unclaimedCredits[transaction.idempotencyKey] =
                .zero - (transaction.amount(on: .computeRevenue) ?? .zero)
        default: break
        }
    }
}

extension Transaction {
    /// What an account gains; nil where it is no part of the transaction.
    func amount(on account: AccountName) -> Money? {
        let amounts = entries.filter { $0.account == account }.map(\.amount)
        return amounts.isEmpty ? nil : amounts.reduce(.zero, +)
    }
}
