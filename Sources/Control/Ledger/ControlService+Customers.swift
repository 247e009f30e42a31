import Ledger
import Metering
import Records
package import Vocabulary
package import Wire

/// Customers and their money.
extension ControlService {
    /// The longest name of a customer, a project or a key, in characters.
    package static let maximumName = 200

    package func customers() async throws -> [CustomerBody] {
        let lent = directory.organizations.keys.filter {
            book.leased(of: .organization($0)) > .zero
        }
        await settleDown(recalling: lent.map { .organization($0) })
        // Who pays before teams of ours.
        return directory.organizations.values
            .sorted { ($0.isInternal ? 1 : 0, $0.id) < ($1.isInternal ? 1 : 0, $1.id) }
            .map(body(of:))
    }

    /// Calls idle money back first, so that `held` is what requests under way really hold.
    package func customer(_ id: OrganizationID) async throws -> CustomerBody {
        _ = try directory.organization(id)
        await settleDown(recalling: [.organization(id)])
        return body(of: try directory.organization(id))
    }

    package func createCustomer(
        _ body: CustomerCreateBody, idempotency: String?
    ) async throws -> CustomerBody {
        let made = try once("customer.create", body, key: idempotency) { records in
            let name = try Self.checkedName(body.name)
            let now = clock.now()
            let organization = OrganizationRow(
                id: makeIdentifier(), name: name, isInternal: body.kind == .internal,
                firstProject: makeIdentifier(), createdAt: now)
            let project = ProjectRow(
                id: organization.firstProject, organization: organization.id, name: "default",
                createdAt: now)
            try records.insert(organization)
            try records.insert(project)
            directory.organizations[organization.id] = organization
            directory.projects[project.id] = project
            if let credit = body.credit, credit != .zero {
                try addCredit(
                    CreditAddBody(amount: credit, note: "first credit"), to: organization.id,
                    key: "credit/\(organization.id)/first", records)
            }
            return self.body(of: organization)
        }
        snapshotChanged()
        return made
    }

    package func credits(of customer: OrganizationID) async throws -> [CreditBody] {
        _ = try directory.organization(customer)
        return try records.read { try $0.credits(of: customer) }.map { row in
            CreditBody(
                transaction: row.transaction, customer: customer, at: row.at,
                kind: Self.creditKind(row.funding), amount: row.amount, note: row.note)
        }
    }

    package func addCredit(
        _ body: CreditAddBody, to customer: OrganizationID, idempotency: String?
    ) async throws -> CreditBody {
        try once("credit.add/\(customer)", body, key: idempotency) { records in
            try addCredit(body, to: customer, key: nil, records)
        }
    }

    @discardableResult
    private func addCredit(
        _ body: CreditAddBody, to customer: OrganizationID, key: String?, _ records: any Recorder
    ) throws -> CreditBody {
        _ = try directory.organization(customer)
        let kind = body.kind ?? .payment
        guard body.amount != .zero, body.amount > .zero || kind == .adjustment else {
            throw Failure(
                .invalidRequest,
                "Credit is above zero; to take credit back use the kind 'adjustment'.",
                parameter: "amount")
        }
        guard (body.note ?? "").count <= 500 else {
            throw Failure(
                .invalidRequest, "A note has at most 500 characters.", parameter: "note")
        }
        let id: TransactionID = makeIdentifier()
        let posted = try post(
            Posting.credit(
                body.amount, to: customer,
                from: FundingKind(rawValue: kind.rawValue) ?? .adjustment, note: body.note,
                key: key ?? "credit/\(id)"), records)
        return CreditBody(
            transaction: posted.transaction.id, customer: customer, at: posted.transaction.at,
            kind: kind, amount: body.amount, note: body.note)
    }

    package func setCreditLimit(
        _ body: CreditLimitBody, of customer: OrganizationID, idempotency: String?
    ) async throws -> CustomerBody {
        try once("credit.limit/\(customer)", body, key: idempotency) { records in
            let organization = try directory.organization(customer)
            guard body.creditLimit >= .zero else {
                throw Failure(
                    .invalidRequest, "A credit limit is zero or more.", parameter: "credit_limit")
            }
            do throws(LedgerProblem) {
                try book.setCreditLimit(body.creditLimit, of: customer)
            } catch {
                throw Failure(
                    .conflict,
                    "The customer owes or holds more than that already. Wait until its requests "
                        + "have ended, or add credit first.", parameter: "credit_limit")
            }
            directory.creditLimitSequence += 1
            try records.insert(
                CreditLimitRow(
                    sequence: directory.creditLimitSequence, organization: customer,
                    afterSequence: book.sequence, amount: body.creditLimit, at: clock.now()))
            return self.body(of: organization)
        }
    }

    private func body(of row: OrganizationRow) -> CustomerBody {
        let purse = LeasedPurse.organization(row.id)
        let held = book.leased(of: purse) + book.held(of: purse)
        let credited = book.credited(row.id)
        return CustomerBody(
            id: row.id, name: row.name, kind: row.isInternal ? .internal : .customer,
            project: row.firstProject, createdAt: row.createdAt, granted: credited,
            creditLimit: book.creditLimit(row.id), available: book.available(row.id), held: held,
            charged: credited - book.balance(.customer(row.id)) - held)
    }

    private static func creditKind(_ funding: AccountName) -> CreditKind {
        guard case .funding(let kind) = funding else { return .adjustment }
        return CreditKind(rawValue: kind.rawValue) ?? .adjustment
    }

    static func checkedName(_ name: String) throws(Failure) -> String {
        let isPlain = name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace || $0 == " " }
        guard (1...maximumName).contains(name.count), isPlain, name.contains(where: { $0 != " " })
        else {
            throw Failure(
                .invalidRequest, "A name has 1 to \(maximumName) characters on one line.",
                parameter: "name")
        }
        return name
    }
}
