import Foundation
import GRDB
import Ledger
import Metering
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Journal = Statements.Journal
    private typealias Answers = Statements.Answers

    func insert(_ gateway: GatewayRow) throws {
        try execute(
            Journal.insertGateway, "\(gateway.id)", gateway.epoch, gateway.journalDirectory)
    }

    func update(_ gateway: GatewayRow) throws {
        try execute(
            Journal.updateGateway, "\(gateway.id)", gateway.epoch, gateway.journalDirectory)
    }

    func gateways() throws -> [GatewayRow] {
        try rows(Journal.gateways) { row in
            GatewayRow(
                id: try row.identifier(0), epoch: row.whole(1), journalDirectory: row.text(2))
        }
    }

    func insert(_ applied: AppliedRow) throws {
        try execute(
            Journal.insertApplied, "\(applied.gateway)", applied.from, applied.through,
            applied.at.microseconds)
    }

    func appliedOffset(of gateway: GatewayID) throws -> Int64 {
        try rows(Journal.appliedOffset, "\(gateway)") { $0.whole(1) }.first ?? 0
    }

    func applied(of gateway: GatewayID) throws -> [AppliedRow] {
        try rows(Journal.applied, "\(gateway)") { row in
            AppliedRow(
                gateway: gateway, from: row.whole(0), through: row.whole(1), at: row.instant(2))
        }
    }

    func insert(_ grant: GrantRow) throws {
        try execute(
            Journal.insertGrant, grant.transaction, "\(grant.gateway)", grant.epoch,
            "\(grant.purse.owner)", "\(grant.amount)")
    }

    func grants(of gateway: GatewayID, epoch: Int64) throws -> [GrantRow] {
        try rows(Journal.grants, "\(gateway)", epoch) { row in
            GrantRow(
                transaction: row.whole(0), gateway: gateway, epoch: epoch,
                purse: try row.parsed(1, "owner of a lease", Self.purse), amount: try row.money(2))
        }
    }

    private static func purse(_ text: String) -> LeasedPurse? {
        switch AccountName(text) {
        case .customer(let id): .organization(id)
        case .budget(let name): .budget(name)
        default: nil
        }
    }

    func insert(_ quarantine: QuarantineRow) throws {
        try execute(
            Journal.insertQuarantine, "\(quarantine.gateway)", quarantine.journalOffset,
            quarantine.request.map { "\($0)" }, quarantine.reason, quarantine.record,
            quarantine.at.microseconds)
    }

    func quarantined() throws -> [QuarantineRow] {
        try rows(Journal.quarantined) { row in
            QuarantineRow(
                gateway: try row.identifier(0), journalOffset: row.whole(1),
                request: row.optionalText(2).flatMap { RequestID($0) }, reason: row.text(3),
                record: row.text(4), at: row.instant(5))
        }
    }

    func insert(_ abandoned: AbandonedRow) throws {
        let counts = abandoned.counts
        try execute(
            Journal.insertAbandoned, "\(abandoned.gateway)", abandoned.journalOffset,
            "\(abandoned.request)", counts.input, counts.cacheRead, counts.cacheWrite,
            counts.output, counts.reasoning, counts.embedding, abandoned.at.microseconds)
    }

    func insert(_ part: AnswerPartRow) throws {
        try execute(
            Answers.insert, "\(part.gateway)", part.journalOffset, "\(part.request)",
            Data(part.bytes))
    }

    func answer(of request: RequestID) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try each(Answers.of, ["\(request)"]) { bytes += $0.data(0) }
        return bytes
    }

    func removeAnswers(before request: RequestID) throws {
        try execute(Answers.removeOld, "\(request)")
    }

    func removeAnswer(of request: RequestID) throws {
        try execute(Answers.remove, "\(request)")
    }

    func abandoned() throws -> [AbandonedRow] {
        try rows(Journal.abandoned) { row in
            AbandonedRow(
                gateway: try row.identifier(0), journalOffset: row.whole(1),
                request: try row.identifier(2), counts: row.counts(3), at: row.instant(9))
        }
    }
}
