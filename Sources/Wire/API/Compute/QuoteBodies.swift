package import Vocabulary

/// What can be ordered.
package enum OrderKind: String, Codable, Sendable, CaseIterable {
    case job, instance, reservation
}

/// Asks what an order would cost and when it would start. Nothing is ordered by it.
package struct QuoteRequestBody: APIRequestBody, Hashable {
    package var ask: CapacityAskBody
    /// `job` unless said otherwise.
    package var kind: OrderKind?
    /// Seconds that a job may take at most.
    package var maximumRunTime: Int64?
    package var arraySize: Int?
    /// A reservation's window, half-open.
    package var from: Instant?
    package var to: Instant?

    package enum OwnKeys: String, CodingKey, CaseIterable {
        case kind, from, to
        case maximumRunTime = "max_seconds"
        case arraySize = "array"
    }
    package typealias CodingKeys = AskKeys<OwnKeys>

    package init(
        ask: CapacityAskBody, kind: OrderKind? = nil, maximumRunTime: Int64? = nil,
        arraySize: Int? = nil, from: Instant? = nil, to: Instant? = nil
    ) {
        self.ask = ask
        self.kind = kind
        self.maximumRunTime = maximumRunTime
        self.arraySize = arraySize
        self.from = from
        self.to = to
    }

    package init(from decoder: any Decoder) throws {
        let own = try decoder.container(keyedBy: OwnKeys.self)
        self.init(
            ask: try CapacityAskBody(from: decoder),
            kind: try own.decodeIfPresent(OrderKind.self, forKey: .kind),
            maximumRunTime: try own.decodeIfPresent(Int64.self, forKey: .maximumRunTime),
            arraySize: try own.decodeIfPresent(Int.self, forKey: .arraySize),
            from: try own.decodeIfPresent(Instant.self, forKey: .from),
            to: try own.decodeIfPresent(Instant.self, forKey: .to))
    }

    package func encode(to encoder: any Encoder) throws {
        try ask.encode(to: encoder)
        var own = encoder.container(keyedBy: OwnKeys.self)
        try own.encodeIfPresent(kind, forKey: .kind)
        try own.encodeIfPresent(maximumRunTime, forKey: .maximumRunTime)
        try own.encodeIfPresent(arraySize, forKey: .arraySize)
        try own.encodeIfPresent(from, forKey: .from)
        try own.encodeIfPresent(to, forKey: .to)
    }
}

/// The answer: a price and a start, or why not and what next.
package struct QuoteBody: Codable, Hashable, Sendable {
    /// Whether such an order would be taken now, be it at once or in its turn.
    package var available: Bool
    package var pool: PoolName
    /// The pool that was named, where another would take the order.
    package var askedPool: PoolName?
    package var purchaseClass: PurchaseClass
    /// Of all nodes together.
    package var accelerators: AcceleratorCount
    package var pricePerAcceleratorHour: Money?
    /// Of all accelerators together.
    package var pricePerHour: Money?
    /// What it costs if it takes its whole maximum run time or window; nil without one.
    package var maximumCost: Money?
    /// The price book's version; 0 for work at cost.
    package var priceVersion: Int64?
    /// When it would start: now, or the earliest that is known; nil where nobody can say.
    package var expectedStart: Instant?
    /// Why not, or why not at once: "2 of 4 nodes free in block b1".
    package var reason: String?
    /// What changes that: "a job that ends by 14:20", "add credit".
    package var next: String?
    package var terms: TermsBody

    package enum CodingKeys: String, CodingKey {
        case available, pool, accelerators, reason, next, terms
        case purchaseClass = "class"
        case pricePerAcceleratorHour = "price_per_accelerator_hour"
        case pricePerHour = "price_per_hour"
        case maximumCost = "maximum_cost"
        case priceVersion = "price_version"
        case expectedStart = "expected_start"
        case askedPool = "asked_pool"
    }

    package init(
        available: Bool, pool: PoolName, purchaseClass: PurchaseClass,
        accelerators: AcceleratorCount, pricePerAcceleratorHour: Money? = nil,
        pricePerHour: Money? = nil, maximumCost: Money? = nil, priceVersion: Int64? = nil,
        expectedStart: Instant? = nil, reason: String? = nil, next: String? = nil,
        terms: TermsBody
    ) {
        self.available = available
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.accelerators = accelerators
        self.pricePerAcceleratorHour = pricePerAcceleratorHour
        self.pricePerHour = pricePerHour
        self.maximumCost = maximumCost
        self.priceVersion = priceVersion
        self.expectedStart = expectedStart
        self.reason = reason
        self.next = next
        self.terms = terms
    }
}

/// What is to be different in the terms of a class, for orders from now on; what is left out stays.
package struct TermsChangeBody: APIRequestBody, Hashable {
    /// Of spot work, the only one that is taken back.
    package var noticeSeconds: Int64?
    package var refundWithinSeconds: Int64?
    package var failureCreditThousandths: Int64?
    package var failureCreditReachSeconds: Int64?
    package var moneyNoticeSeconds: Int64?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case noticeSeconds = "notice_seconds"
        case refundWithinSeconds = "refund_within_seconds"
        case failureCreditThousandths = "failure_credit_thousandths"
        case failureCreditReachSeconds = "failure_credit_reach_seconds"
        case moneyNoticeSeconds = "money_notice_seconds"
    }

    package init(
        noticeSeconds: Int64? = nil, refundWithinSeconds: Int64? = nil,
        failureCreditThousandths: Int64? = nil, failureCreditReachSeconds: Int64? = nil,
        moneyNoticeSeconds: Int64? = nil
    ) {
        self.noticeSeconds = noticeSeconds
        self.refundWithinSeconds = refundWithinSeconds
        self.failureCreditThousandths = failureCreditThousandths
        self.failureCreditReachSeconds = failureCreditReachSeconds
        self.moneyNoticeSeconds = moneyNoticeSeconds
    }
}

/// What a purchase class promises, as figures and in words.
package struct TermsBody: Codable, Hashable, Sendable {
    package var purchaseClass: PurchaseClass
    /// Whether the owner may take it back.
    package var reclaimable: Bool
    /// Seconds between notice and stop when it is taken back; nil: it never is.
    package var noticeSeconds: Int64?
    /// Taken back within so many seconds of its start, it is credited whole.
    package var refundWithinSeconds: Int64
    /// Of what a run was charged, in thousandths, when a node of ours fails under it.
    package var failureCreditThousandths: Int64
    /// The most seconds of a run that such a credit reaches back.
    package var failureCreditReachSeconds: Int64
    /// Seconds between the warning that money ends and the stop.
    package var moneyNoticeSeconds: Int64
    /// The same for people, a sentence each.
    package var words: [String]

    package enum CodingKeys: String, CodingKey {
        case reclaimable, words
        case purchaseClass = "class"
        case noticeSeconds = "notice_seconds"
        case refundWithinSeconds = "refund_within_seconds"
        case failureCreditThousandths = "failure_credit_thousandths"
        case failureCreditReachSeconds = "failure_credit_reach_seconds"
        case moneyNoticeSeconds = "money_notice_seconds"
    }

    package init(
        purchaseClass: PurchaseClass, reclaimable: Bool, noticeSeconds: Int64?,
        refundWithinSeconds: Int64, failureCreditThousandths: Int64,
        failureCreditReachSeconds: Int64, moneyNoticeSeconds: Int64, words: [String]
    ) {
        self.purchaseClass = purchaseClass
        self.reclaimable = reclaimable
        self.noticeSeconds = noticeSeconds
        self.refundWithinSeconds = refundWithinSeconds
        self.failureCreditThousandths = failureCreditThousandths
        self.failureCreditReachSeconds = failureCreditReachSeconds
        self.moneyNoticeSeconds = moneyNoticeSeconds
        self.words = words
    }
}
