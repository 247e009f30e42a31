import GRDB
import Metering
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Journal = Statements.Journal

    func insert(_ usage: UsageRow) throws {
        let event = usage.event
        let opened = event.opened
        try execute(
            Journal.insertUsage, usage.sequence, "\(opened.request)", "\(usage.gateway)",
            usage.journalOffset, "\(opened.organization)", "\(opened.project)", "\(opened.key)",
            "\(opened.replica)", opened.model, usage.priceAs, opened.endpoint.rawValue,
            opened.streaming ? 1 : 0, opened.at.microseconds, event.at.microseconds,
            opened.priceVersion, "\(opened.hold)", event.outcome.rawValue, event.billed.input,
            event.billed.cacheRead, event.billed.cacheWrite, event.billed.output,
            event.billed.reasoning, event.billed.embedding, event.unbilled.input,
            event.unbilled.cacheRead, event.unbilled.cacheWrite, event.unbilled.output,
            event.unbilled.reasoning, event.unbilled.embedding, event.unbilledReason?.rawValue,
            "\(event.amount)", opened.tier.rawValue, opened.profile.map { "\($0)" },
            opened.line.map { "\($0.batch)" }, opened.line?.number)
    }

    func lastUsageSequence() throws -> Int64 {
        try rows(Journal.lastUsage) { $0.whole(0) }.first ?? 0
    }

    func eachUsage(_ filter: UsageFilter, _ body: (UsageRow) throws -> Void) throws {
        try each(Journal.usage, Self.arguments(filter)) { try body(try Self.usage($0)) }
    }

    func abandoned(of filter: UsageFilter) throws -> [RequestID: TokenCounts] {
        var counts: [RequestID: TokenCounts] = [:]
        try each(Journal.abandonedOfUsage, Self.arguments(filter)) { row in
            counts[try row.identifier(0), default: .zero] += row.counts(1)
        }
        return counts
    }

    private static func arguments(_ filter: UsageFilter) -> [(any DatabaseValueConvertible)?] {
        [
            filter.after, filter.organization.map { "\($0)" }, filter.project.map { "\($0)" },
            filter.key.map { "\($0)" }, filter.model, filter.from?.microseconds ?? .min,
            filter.to?.microseconds ?? .max, filter.limit.map(Int64.init) ?? .max,
        ]
    }

    func usage(of request: RequestID) throws -> UsageRow? {
        try rows(Journal.usageOfRequest, "\(request)", read: Self.usage).first
    }

    func isRecorded(_ request: RequestID) throws -> Bool {
        try !rows(Journal.isRequestRecorded, "\(request)") { $0.whole(0) }.isEmpty
    }

    private static func usage(_ row: Row) throws -> UsageRow {
        let opened = OpenedRequest(
            request: try row.identifier(1), organization: try row.identifier(4),
            project: try row.identifier(5), key: try row.identifier(6),
            replica: try row.identifier(7), model: row.text(8),
            endpoint: try row.parsed(10, "endpoint", Endpoint.init(rawValue:)),
            streaming: row.whole(11) != 0, at: row.instant(12), priceVersion: row.whole(14),
            hold: try row.money(15),
            tier: try row.parsed(31, "service tier", ServiceTier.init(rawValue:)),
            profile: row.optionalText(32).flatMap { InferenceProfileID($0) },
            line: try row.optionalText(33).map { _ in
                BatchLine(batch: try row.identifier(33), number: row.whole(34))
            })
        let event = SettledRequest(
            opened: opened, at: row.instant(13),
            outcome: try row.parsed(16, "outcome", Outcome.init(rawValue:)),
            billed: row.counts(17), unbilled: row.counts(23),
            unbilledReason: row.optionalText(29).flatMap(UnbilledReason.init(rawValue:)),
            amount: try row.money(30))
        return UsageRow(
            sequence: row.whole(0), gateway: try row.identifier(2), journalOffset: row.whole(3),
            priceAs: row.text(9), event: event)
    }
}
