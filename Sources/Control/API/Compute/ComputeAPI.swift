import CapacityPath
import Fleet
import Vocabulary
import Wire

/// The operations of compute rental, for the owner and for customers alike: decodes, checks the
/// form, asks the desk, encodes. It decides nothing.
package struct ComputeAPI: Sendable {
    let desk: any CapacityDesk
    /// How often a desk is asked again by a request that waits for news.
    let pause: Duration

    package init(desk: any CapacityDesk, pause: Duration = .milliseconds(200)) {
        self.desk = desk
        self.pause = pause
    }

    func answer(_ call: APICall, for viewer: CapacityViewer) async throws -> APIResponse {
        switch call.route {
        case .inventoryShow, .inventoryCheck, .inventoryApply:
            return try await inventory(call)
        case .poolList, .poolShow, .nodeList, .nodeShow, .nodeCommand, .supplierList,
            .supplierShow:
            return try await fleet(call, for: viewer)
        case .surplusShow, .surplusExplain, .surplusHistory, .planList, .planAdd, .planRemove:
            return try await surplus(call)
        case .terms:
            return try .json(try await desk.terms().map { TermsBody($0) })
        case .termsChange:
            return try await changeTerms(call)
        case .quote:
            let request = try OrderForm.quote(call.body(), payer: payer(viewer))
            return try .json(try await desk.quote(request, viewer: viewer))
        case .marketList, .marketShow, .marketChange, .floorList, .throughputChange:
            return try await market(call)
        case .jobSubmit, .instanceCreate, .reservationCreate:
            return try await place(call, for: viewer)
        case .volumeCreate, .volumeList, .volumeShow, .volumeDelete, .volumeUndelete,
            .volumeSnapshot, .snapshotList, .volumeRestore:
            return try await volumes(call, for: viewer)
        case .jobLog, .instanceLog:
            return try await log(call, for: viewer)
        case .jobFile:
            return try await file(call, for: viewer)
        case .instanceAttach:
            throw Failure(
                .invalidRequest,
                "Send 'Connection: Upgrade' and 'Upgrade: \(APIRoute.attachProtocol)' here, or use "
                    + "'spillway instance exec'.", parameter: "upgrade")
        default:
            return try await orders(call, for: viewer)
        }
    }

    /// Who pays for what a viewer orders: the project that a body names is checked against it.
    func payer(_ viewer: CapacityViewer) -> OrderForm.Payer {
        viewer.project.map(OrderForm.Payer.only) ?? .anyNamed
    }

    private func place(
        _ call: APICall, for viewer: CapacityViewer
    ) async throws -> APIResponse {
        let payer = payer(viewer)
        let request =
            switch call.route {
            case .jobSubmit: try OrderForm.job(call.body(), payer: payer)
            case .instanceCreate: try OrderForm.instance(call.body(), payer: payer)
            default: try OrderForm.reservation(call.body(), payer: payer)
            }
        let order = try await desk.place(
            request, viewer: viewer, idempotency: call.idempotency)
        return try .json(order, status: 201)
    }

    private func orders(
        _ call: APICall, for viewer: CapacityViewer
    ) async throws -> APIResponse {
        switch call.route {
        case .jobList: return try await list(.job, call, for: viewer)
        case .instanceList: return try await list(.instance, call, for: viewer)
        case .reservationList: return try await list(.reservation, call, for: viewer)
        case .jobCancel, .instanceStop, .reservationCancel:
            return try .json(try await desk.end(orderID(call), viewer: viewer))
        default:
            return try .json(try await desk.order(orderID(call), viewer: viewer))
        }
    }

    private func list(
        _ kind: OrderKind, _ call: APICall, for viewer: CapacityViewer
    ) async throws -> APIResponse {
        let query = try call.query("project", "state", "after", "limit")
        let wanted = OrderQuery(
            project: try project(query, viewer),
            state: try query.value(
                "state", "a state such as 'running'", OrderState.init(rawValue:)),
            after: try query.value("after", "the id of an order") { OrderID($0) },
            limit: try query.pageLimit())
        return try .json(try await desk.orders(kind, wanted, viewer: viewer))
    }

    /// Another project than the key's own is one that is not there.
    func project(_ query: APIQuery, _ viewer: CapacityViewer) throws(Failure) -> ProjectID? {
        let named = try query.identifier("project", of: Project.self)
        guard let own = viewer.project else { return named }
        guard named == nil || named == own else {
            throw Failure(
                .notFound, "There is no project '\(query["project"] ?? "")' of yours.",
                parameter: "project")
        }
        return own
    }

    func orderID(_ call: APICall) throws(Failure) -> OrderID {
        switch call.route {
        case .jobShow, .jobCancel, .jobLog, .jobFile:
            .job(try call.identifier("job", of: Job.self))
        case .reservationShow, .reservationCancel:
            .reservation(try call.identifier("reservation", of: Reservation.self))
        default:
            .instance(try call.identifier("instance", of: Instance.self))
        }
    }

    /// Opens a way into an instance.
    func attach(_ call: APICall, for viewer: CapacityViewer) async throws -> Attachment {
        guard call.route == .instanceAttach else {
            throw Failure(
                .invalidRequest, "Only an instance's address 'attach' can be upgraded.",
                parameter: "upgrade")
        }
        let id = try call.identifier("instance", of: Instance.self)
        let query = try call.query("rank", "port", "command", "columns", "rows")
        let rank = try query.whole("rank", 0...1_000_000) ?? 0
        let target = try AttachForm.target(query)
        return try await desk.attach(to: id, rank: rank, target: target, viewer: viewer)
    }
}
