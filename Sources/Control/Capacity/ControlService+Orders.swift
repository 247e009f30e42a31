import CapacityPath
import Fleet
import Foundation
import Ledger
import Pricing
import Records
package import Vocabulary
package import Wire

/// Orders: what they cost, whether there is money for them, and how they stand.
extension ControlService {
    package func quote(
        _ request: QuoteRequest, viewer: CapacityViewer
    ) async throws -> QuoteBody {
        let payer = try payer(request.project, viewer)
        let order = try order(
            for: request, payer: payer, id: sampleID(of: request.extent), viewer: viewer)
        let terms = rental.path.terms(of: request.purchaseClass)
        var body = QuoteBody(
            available: true, pool: request.pool, purchaseClass: request.purchaseClass,
            accelerators: AcceleratorCount(request.shape.accelerators), terms: TermsBody(terms))
        do throws(Failure) {
            if let priced = try? priced(order) { note(priced, in: &body) }
            let offered = try offered(order, overflows: request.overflows, viewer: viewer)
            let (priced, quote) = (offered.order, offered.quote)
            note(priced, in: &body)
            body.pricePerHour = quote.perHour
            body.maximumCost = quote.atMost
            switch quote.start {
            case .now: body.expectedStart = clock.now()
            case .waits(let wait):
                body.expectedStart = wait.expectedStart
                body.reason = wait.reason
                body.next = wait.nextEvent
            }
            try requireMoney(quote.firstHold, for: priced)
        } catch {
            body.available = false
            body.expectedStart = nil
            body.reason = error.message
            body.next = nil
        }
        return body
    }

    private func note(_ order: Order, in body: inout QuoteBody) {
        body.pool = order.pool
        body.askedPool = order.askedPool
        body.pricePerAcceleratorHour = order.price.perAcceleratorHour
        body.priceVersion = order.price.version
    }

    package func place(
        _ request: OrderRequest, viewer: CapacityViewer, idempotency: String?
    ) async throws -> OrderBody {
        let payer = try payer(request.project, viewer)
        let id = newID(of: request.content)
        let order = Order(
            id: id, organization: payer.organization.id, project: payer.project.id,
            key: viewer.key, isInternal: payer.organization.isInternal, pool: request.pool,
            purchaseClass: request.purchaseClass, shape: request.shape, content: request.content,
            within: request.within, price: .unknown, limit: request.limit,
            placedAt: clock.now())
        // Files are kept before the order is, so that no order is without its files.
        try keepFiles(request.files, of: id)
        do {
            return try once(
                "order/\(payer.project.id)", OrderFingerprint(request), key: idempotency,
                folding: true
            ) { records in
                try place(order, overflows: request.overflows, viewer: viewer, records)
            }
        } catch {
            dropFiles(of: id)
            recordIfTooLittle(for: order)
            throw error
        }
    }

    private func place(
        _ order: Order, overflows: Bool?, viewer: CapacityViewer, _ records: any Recorder
    ) throws -> OrderBody {
        try declareMarkets(records)
        let offered = try offered(order, overflows: overflows, viewer: viewer)
        let order = offered.order
        try requireMoney(offered.quote.firstHold, for: order)
        rental.orderSequence += 1
        try records.insert(OrderRow(sequence: rental.orderSequence, order: order))
        try fold(.orderPlaced(order), records)
        guard let view = rental.path.order(order.id, at: clock.now()) else {
            throw Failure(.internalError, "The order was not taken; nothing was charged.")
        }
        if let refusal = view.refusal { throw refusal }
        return try body(of: view, records)
    }

    package func end(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody {
        _ = try await order(id, viewer: viewer)
        if let view = rental.path.order(id, at: clock.now()), view.endedAt == nil {
            try transactCapacity { try fold(.orderCancelled(id), $0) }
        }
        return try await order(id, viewer: viewer)
    }

    // MARK: Checks

    /// Who pays, as the viewer may say it.
    struct Payer {
        let organization: OrganizationRow
        let project: ProjectRow
    }

    func payer(_ project: ProjectID, _ viewer: CapacityViewer) throws(Failure) -> Payer {
        if let own = viewer.project, own != project {
            throw Failure(
                .notFound, "There is no project \(project) here; leave 'project' out.",
                parameter: "project")
        }
        let row = try directory.project(project)
        return Payer(organization: try directory.organization(row.organization), project: row)
    }

    /// The order at the price that holds now: the price book's for customers, cost for our teams.
    func priced(_ order: Order) throws(Failure) -> Order {
        guard let pool = rental.path.pool(order.pool)?.declaration else {
            let names = rental.path.poolViews().map { "\($0.declaration.name)" }
            throw Failure(
                .notFound,
                "There is no pool \(order.pool). "
                    + (names.isEmpty ? "None is declared yet." : "There is: ")
                    + names.joined(separator: ", ") + ".", parameter: "pool")
        }
        var order = order
        order.price = try price(of: order, in: pool)
        guard let book = directory.priceBook(at: clock.now()), !order.isInternal,
            order.purchaseClass == .spot, order.within == nil
        else {
            order.limit = nil
            return order
        }
        let terms = try spotTerms(
            of: order, list: order.price.perAcceleratorHour, book, in: pool)
        order.price.perAcceleratorHour = terms.price
        order.limit = terms.limit
        return order
    }

    private func price(
        of order: Order, in pool: PoolDeclaration
    ) throws(Failure) -> CapacityPrice {
        let entry = "\(pool.shape.accelerator)"
        if order.isInternal {
            // At cost: what is not used is the owner's own risk, not the team's.
            let cost = rental.path.declaredInventory.cost(of: pool.name, soldThousandths: 1000)
            guard let cost else {
                throw Failure(
                    .conflict,
                    "The inventory does not say what the pool \(pool.name) costs, so it cannot be "
                        + "charged back. Complete its site and its supplier.", parameter: "pool")
            }
            return CapacityPrice(perAcceleratorHour: cost.full, version: 0, entry: entry)
        }
        let book = directory.priceBook(at: clock.now())
        guard let book, let price = book.price(of: pool.shape.accelerator, in: order.purchaseClass)
        else {
            throw Failure(
                .conflict,
                "\(entry) has no price in the class \(order.purchaseClass.rawValue), so it is not "
                    + "sold. Ask for another class; the owner adds a price with 'spillway price "
                    + "apply'.", parameter: "class")
        }
        // Work in a reservation is paid for with the reservation.
        if order.within == nil, let cost = rental.path.declaredInventory.cost(of: pool.name) {
            try cost.check(
                price, in: order.purchaseClass, pool: pool.name, showsCost: order.key == nil)
        }
        return CapacityPrice(perAcceleratorHour: price, version: book.version, entry: entry)
    }

    /// Other people's work runs only where it is kept apart.
    func requireRoomForCustomers(_ order: Order) throws(Failure) {
        guard !order.isInternal, let pool = rental.path.pool(order.pool)?.declaration,
            let cluster = rental.clusters[pool.cluster]?.cluster
        else { return }
        let isolation = cluster.isolation
        guard !isolation.sufficesForCustomers else { return }
        guard isolation.isKnown else {
            // The first trial takes a moment, and is waited for.
            guard let next = isolation.nextTry else { return }
            throw Failure(
                .unavailable, "The pool \(order.pool) is being checked: \(isolation.sentence).",
                retry: .after(max(.seconds(1), next - clock.now())))
        }
        throw Failure(
            .forbidden,
            "The pool \(order.pool) does not run customers' work, because it cannot keep it apart "
                + "(\(isolation.missingWords)). Use another pool.", parameter: "pool")
    }

    func requireMoney(_ amount: Money, for order: Order) throws(Failure) {
        let available = book.available(order.organization)
        guard amount > available else { return }
        throw Failure(
            .insufficientQuota,
            "The first minutes cost \(amount.formatted(minimumDecimals: 2)) dollars, and "
                + "\(max(.zero, available).formatted(minimumDecimals: 2)) are available. Add "
                + "credit, or ask for less.")
    }

    // MARK: Identifiers

    private func newID(of content: Order.Content) -> OrderID {
        switch content {
        case .job: .job(makeIdentifier())
        case .instance: .instance(makeIdentifier())
        case .reservation: .reservation(makeIdentifier())
        }
    }

    private func sampleID(of extent: QuoteRequest.Extent) -> OrderID {
        switch extent {
        case .job: .job(makeIdentifier())
        case .instance: .instance(makeIdentifier())
        case .reservation: .reservation(makeIdentifier())
        }
    }

    private func order(
        for request: QuoteRequest, payer: Payer, id: OrderID, viewer: CapacityViewer
    ) throws(Failure) -> Order {
        let work = WorkSpecification(name: "quote", command: ["true"])
        let content: Order.Content =
            switch request.extent {
            case .job(let maximumRunTime, let arraySize):
                .job(
                    JobSpecification(
                        work: work, maximumRunTime: maximumRunTime, arraySize: arraySize))
            case .instance: .instance(work)
            case .reservation(let from, let to): .reservation(from: from, to: to)
            }
        return Order(
            id: id, organization: payer.organization.id, project: payer.project.id,
            key: viewer.key, isInternal: payer.organization.isInternal, pool: request.pool,
            purchaseClass: request.purchaseClass, shape: request.shape, content: content,
            within: request.within, price: .unknown, limit: request.limit,
            placedAt: clock.now())
    }
}

extension CapacityViewer {
    var key: APIKeyID? {
        switch self {
        case .owner: nil
        case .customer(let identity): identity.key
        }
    }
}

extension CapacityPrice {
    /// Before the price is looked up.
    fileprivate static let unknown = CapacityPrice(
        perAcceleratorHour: .zero, version: 0, entry: "")
}

/// What makes two requests for an order the same.
private struct OrderFingerprint: Encodable {
    let project: ProjectID
    let pool: PoolName
    let purchaseClass: PurchaseClass
    let shape: GangShape
    let content: Order.Content
    let within: ReservationID?
    let limit: Money?
    let overflows: Bool?
    let files: [String: String]

    init(_ request: OrderRequest) {
        project = request.project
        pool = request.pool
        purchaseClass = request.purchaseClass
        shape = request.shape
        content = request.content
        within = request.within
        limit = request.limit
        overflows = request.overflows
        files = request.files.mapValues { Data($0).base64EncodedString() }
    }
}
