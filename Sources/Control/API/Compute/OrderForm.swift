import Fleet
import Foundation
import Vocabulary
import Wire

/// Checks the form of orders: what no desk would have to look at its books for.
enum OrderForm {
    enum Limit {
        static let nodes = 100_000
        static let arraySize = 10_000
        static let retries = 100
        /// Seconds: 30 days.
        static let runTime: Int64 = 30 * 86_400
        /// Seconds of a job that does not say how long it may take: a day.
        static let standardRunTime: Int64 = 86_400
        static let nameLength = 100
        static let arguments = 1024
        static let variables = 256
        /// Of all arguments and variables together.
        static let commandBytes = 128 << 10
        static let files = 1000
        /// Of all files together, decoded.
        static let fileBytes = 48 << 20
        static let volumes = 16
        /// MiB of one volume: 1 PiB.
        static let volumeMiB: Int64 = 1 << 30
    }

    /// Who may be named to pay.
    enum Payer {
        /// The owner names any project, and has to.
        case anyNamed
        /// A customer's key pays for its own project alone.
        case only(ProjectID)

        func project(_ named: ProjectID?) throws(Failure) -> ProjectID {
            switch self {
            case .anyNamed:
                guard let named else {
                    throw Failure(
                        .invalidRequest,
                        "Name the project that pays: 'project' in the body, '--project' on the "
                            + "command line.", parameter: "project")
                }
                return named
            case .only(let own):
                guard named == nil || named == own else {
                    throw Failure(
                        .notFound, "This key has no project \(named?.description ?? "").",
                        parameter: "project")
                }
                return own
            }
        }
    }

    static func job(_ body: JobSubmitBody, payer: Payer) throws(Failure) -> OrderRequest {
        let runTime = try within(
            body.maximumRunTime ?? Limit.standardRunTime, 1...Limit.runTime, "max_seconds")
        let specification = JobSpecification(
            work: try work(
                name: body.name, command: body.command, environment: body.environment,
                volumes: body.volumes),
            maximumRunTime: runTime,
            retries: try within(body.retries ?? 0, 0...Limit.retries, "retries"),
            arraySize: try within(body.arraySize ?? 1, 1...Limit.arraySize, "array"),
            onReclaim: body.onReclaim == .end ? .end : .requeue)
        var request = try request(body.ask, .job(specification), payer)
        request.files = try files(body.files ?? [:])
        return request
    }

    static func instance(_ body: InstanceCreateBody, payer: Payer) throws(Failure) -> OrderRequest {
        let work = try work(
            name: body.name, command: body.command ?? WorkSpecification.idle,
            environment: body.environment, volumes: body.volumes,
            standardName: body.command == nil ? "instance" : nil)
        return try request(body.ask, .instance(work), payer)
    }

    static func reservation(
        _ body: ReservationCreateBody, payer: Payer
    ) throws(Failure) -> OrderRequest {
        try checkWindow(body.from, body.to)
        return try request(body.ask, .reservation(from: body.from, to: body.to), payer)
    }

    static func quote(_ body: QuoteRequestBody, payer: Payer) throws(Failure) -> QuoteRequest {
        let extent: QuoteRequest.Extent
        let kind = body.kind ?? .job
        switch kind {
        case .job:
            extent = .job(
                maximumRunTime: try within(
                    body.maximumRunTime ?? Limit.standardRunTime, 1...Limit.runTime, "max_seconds"),
                arraySize: try within(body.arraySize ?? 1, 1...Limit.arraySize, "array"))
        case .instance: extent = .instance
        case .reservation:
            guard let from = body.from, let to = body.to else {
                throw Failure(
                    .invalidRequest, "A reservation has a window: give 'from' and 'to'.",
                    parameter: body.from == nil ? "from" : "to")
            }
            try checkWindow(from, to)
            extent = .reservation(from: from, to: to)
        }
        return QuoteRequest(
            project: try payer.project(body.ask.project), pool: body.ask.pool,
            purchaseClass: try purchaseClass(body.ask, kind), shape: try shape(body.ask),
            extent: extent, within: body.ask.reservation,
            limit: try limit(body.ask, kind), overflows: body.ask.overflow)
    }

    static func check(_ body: VolumeCreateBody) throws(Failure) {
        _ = try within(body.quotaMiB, 1...Limit.volumeMiB, "quota_mib")
        if let name = body.name { _ = try checked(name: name) }
    }

    // MARK: Parts

    private static func request(
        _ ask: CapacityAskBody, _ content: Order.Content, _ payer: Payer
    ) throws(Failure) -> OrderRequest {
        OrderRequest(
            project: try payer.project(ask.project), pool: ask.pool,
            purchaseClass: try purchaseClass(ask, content.kind), shape: try shape(ask),
            content: content, within: ask.reservation, limit: try limit(ask, content.kind),
            overflows: ask.overflow)
    }

    /// A limit is for what follows the market.
    private static func limit(
        _ ask: CapacityAskBody, _ kind: OrderKind
    ) throws(Failure) -> Money? {
        guard let limit = ask.limitPrice else { return nil }
        guard try purchaseClass(ask, kind) == .spot else {
            throw Failure(
                .invalidRequest,
                "Only the price of spot work moves: ask for the class 'spot', or leave the limit "
                    + "out.", parameter: "limit_price")
        }
        guard limit > .zero, limit <= .dollars(1_000_000) else {
            throw Failure(
                .invalidRequest, "A limit is above 0 dollars per accelerator-hour.",
                parameter: "limit_price")
        }
        return limit
    }

    /// What runs in a reservation is reserved; a reservation is bought as nothing else.
    private static func purchaseClass(
        _ ask: CapacityAskBody, _ kind: OrderKind
    ) throws(Failure) -> PurchaseClass {
        let isReserved = kind == .reservation || ask.reservation != nil
        let wanted = ask.purchaseClass ?? (isReserved ? .reserved : .onDemand)
        if kind == .reservation, ask.reservation != nil {
            throw Failure(
                .invalidRequest, "A reservation cannot be inside another.",
                parameter: "reservation")
        }
        guard (wanted == .reserved) == isReserved else {
            throw Failure(
                .invalidRequest,
                isReserved
                    ? "A reservation and what runs in it have the class 'reserved'."
                    : "The class 'reserved' is bought as a reservation ('spillway reservation "
                        + "create'); name it in 'reservation'.", parameter: "class")
        }
        return wanted
    }

    private static func shape(_ ask: CapacityAskBody) throws(Failure) -> GangShape {
        let each = ask.acceleratorsPerNode.accelerators
        guard each > .zero, each.thousandths < 1000 || each.thousandths % 1000 == 0,
            each.thousandths <= 1_000_000
        else {
            throw Failure(
                .invalidRequest,
                "'\(each)' accelerators of a node cannot be had: ask for whole ones, or for a "
                    + "share of one such as \"0.25\".", parameter: "accelerators")
        }
        if let cpu = ask.cpuThousandthsPerNode {
            _ = try within(cpu, 1...1_000_000_000, "cpu_thousandths")
        }
        if let memory = ask.memoryMiBPerNode {
            _ = try within(memory, 1...1_000_000_000, "memory_mib")
        }
        return GangShape(
            nodes: try within(ask.nodes ?? 1, 1...Limit.nodes, "nodes"),
            acceleratorsPerNode: each, cpuThousandthsPerNode: ask.cpuThousandthsPerNode,
            memoryMiBPerNode: ask.memoryMiBPerNode, oneBlock: ask.oneBlock ?? false)
    }

    private static func checkWindow(_ from: Instant, _ to: Instant) throws(Failure) {
        guard from < to else {
            throw Failure(
                .invalidRequest, "The window must end after it begins.", parameter: "to")
        }
    }

    static func within<Value: BinaryInteger>(
        _ value: Value, _ bounds: ClosedRange<Value>, _ parameter: String
    ) throws(Failure) -> Value {
        guard bounds.contains(value) else {
            throw Failure(
                .invalidRequest,
                "'\(parameter)' is \(value): it must be from \(bounds.lowerBound) to "
                    + "\(bounds.upperBound).", parameter: parameter)
        }
        return value
    }
}

extension WorkSpecification {
    /// What an instance runs that is there to be attached to.
    package static let idle = [
        "/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done",
    ]
}
