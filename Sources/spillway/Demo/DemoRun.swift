import CapacityPath
import Clusters
import Control
import Fleet
import Foundation
import Logging
import Pricing
import Store
import Synchronization
import Vocabulary
import Wire

/// The real control, driven minute by minute by a clock of its own.
struct DemoRun {
    let directory: DataDirectory
    let days: Int
    let clock = DemoClock()
    let store: SQLiteStore
    let service: ControlService
    let plan: [DemoOrder]
    private let commands = DemoCommands()
    private let customers: [(organization: OrganizationID, project: ProjectID)]
    private var hardware: SimulatedHardware
    private var reported: [NodeReport] = []
    private var next = 0
    private var gateway: DemoGateway
    private var engines: [DemoEngine] = []
    private var refused = 0

    /// Of the last day; then everything ends, so that all of it is billed.
    private static let windUpMinutes: Int64 = 30

    init(
        _ directory: DataDirectory, teams: [DemoTeams], days: Int, seed: UInt64, priceText: String
    ) async throws {
        self.directory = directory
        self.days = days
        clock.now = DemoFleet.start
        store = try SQLiteStore(path: directory.database, durability: .process)
        let generator = Mutex(SplitMix64(seed: seed))
        let wall = clock
        service = try ControlService(
            records: store, clock: WallClock { wall.now },
            random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() },
            version: ProductVersion.text)
        let commands = commands
        await service.follow { commands.add($1) }
        try await Self.declarePrices(service, priceText)
        var entitlements: [Entitlement] = []
        var payers: [(team: DemoTeams, project: ProjectID)] = []
        for team in teams {
            let body = try await service.createCustomer(
                CustomerCreateBody(name: team.name, kind: .internal, credit: .dollars(2_000_000)),
                idempotency: nil)
            payers.append((team, body.project))
            entitlements.append(
                Entitlement(
                    organization: body.id,
                    accelerators: team.capacity * DemoFleet.entitledThousandths / 1000))
        }
        var customers: [(organization: OrganizationID, project: ProjectID)] = []
        for name in ["Acme Research", "Borealis Labs", "Cobalt Robotics"] {
            let body = try await service.createCustomer(
                CustomerCreateBody(name: name, credit: .dollars(1_000_000)), idempotency: nil)
            customers.append((body.id, body.project))
        }
        self.customers = customers
        let inventory = DemoFleet.inventory(entitlements, seed: seed)
        try await service.declare(inventory, idempotency: nil)
        hardware = SimulatedHardware(
            nodes: DemoFleet.standing(inventory), faults: Self.faults, seed: seed,
            at: DemoFleet.start)
        plan = DemoPlan.orders(
            teams: payers, customers: customers.map(\.project), days: days, seed: seed)
        gateway = try await DemoGateway(
            service, directory: directory.journal(of: "demo"), seed: seed, at: DemoFleet.start)
    }

    /// A node dies every twenty days; work begins within seconds.
    private static let faults = SimulatedFaults(
        startDelay: 2000...20_000, stopDelay: 200...4000, startFailureThousandths: 2,
        nodeLife: 20 * 86_400_000, nodeReturn: 600_000...14_400_000)

    private static func declarePrices(
        _ service: ControlService, _ text: String
    ) async throws {
        _ = try await service.applyPrices(
            PriceApplyBody(
                file: PriceFileBody(name: "demo/prices.yaml", text: text), unchecked: true),
            idempotency: nil)
        for var terms in try await service.terms() {
            terms.holdPeriod = DemoFleet.holdPeriod
            try await service.declare(terms)
        }
    }

    // MARK: Time

    mutating func run(_ say: (String) -> Void) async throws {
        // Nodes are checked before they are in service.
        for _ in 0..<10 { try await step() }
        for model in DemoGateway.models { try await add(model) }
        await service.runEngines(in: DemoFleet.owned)
        let end = Int64(days) * 1440 - Self.windUpMinutes
        while minute < end {
            try await step()
            if minute % 10 == 0 {
                try await gateway.serve(customers, from: engines, at: clock.now)
            }
            if minute % 1440 == 0 { say(progress(day: minute / 1440)) }
        }
    }

    private var minute: Int64 { (clock.now - DemoFleet.start).components.seconds / 60 }

    private func add(_ model: String) async throws {
        // Engines are simulated here: nobody reads the file, but control asks whether it is there.
        let weights = directory.path + "/\(model).gguf"
        try Data("No weights: this is a simulation.\n".utf8).write(
            to: URL(fileURLWithPath: weights))
        _ = try await service.addModel(
            ModelAddBody(
                name: model, gguf: weights, priceAs: DemoGateway.price.model,
                capabilities: ["chat"], contextLength: 131_072, maximumOutputTokens: 8192,
                slots: 32))
    }

    /// One minute: what happened on the nodes, what is due, and what is ordered.
    private mutating func step() async throws {
        clock.now = clock.now + .seconds(60)
        let now = clock.now
        hardware.advance(to: now)
        var events: [CapacityEvent] = []
        if let reports = hardware.nodeReports(), reports != reported {
            reported = reports
            events.append(.nodesReported(DemoFleet.cluster, reports))
        }
        for check in hardware.takeChecks() {
            events.append(.nodeChecked(check.node, passed: check.passed, detail: check.detail))
        }
        if let reports = hardware.takeLeaseReports(), !reports.isEmpty {
            events.append(.leasesReported(DemoFleet.cluster, reports))
        }
        if events.isEmpty, let due = await service.capacityDue, due <= now { events = [.tick] }
        if !events.isEmpty { await service.take(events) }
        while next < plan.count, plan[next].minute <= minute {
            do {
                _ = try await service.place(
                    plan[next].request, viewer: .owner, idempotency: nil)
            } catch is Failure {
                refused += 1
            }
            next += 1
        }
        await carryOut()
    }

    private mutating func carryOut() async {
        for command in commands.take() {
            switch command {
            case .start(let grant):
                guard var start = try? await service.leaseStart(grant) else { continue }
                if let replica = start.work.replica {
                    start.work.command = ["sleep", "forever"]
                    let engine = DemoEngine(replica: replica, model: start.work.name)
                    if !engines.contains(engine) { engines.append(engine) }
                }
                hardware.start(start)
            case .notify(let lease, let notice): hardware.notify(lease, notice)
            case .stop(let lease): hardware.stop(lease)
            case .forget(let lease): hardware.forget(lease)
            case .fence(let node, _): hardware.fence(node)
            case .unfence(let node): hardware.unfence(node)
            case .check(let node): hardware.check(node)
            case .reserve, .release: break
            }
        }
    }

    private func progress(day: Int64) -> String {
        var used = (teams: Int64(0), customers: Int64(0))
        for work in hardware.work.values where work.endedAt == nil && work.startedAt != nil {
            let count = work.start.grant.shares.reduce(Int64(0)) {
                $0 + $1.accelerators.thousandths
            }
            if work.start.isInternal { used.teams += count } else { used.customers += count }
        }
        let date = clock.now.description.prefix(10)
        return "\(date)  day \(day): \(next) orders; now \(used.teams / 1000) GPUs with teams, "
            + "\(used.customers / 1000) with customers"
    }

    // MARK: The end

    /// Ends what runs, bills it, and shows what it came to.
    mutating func finish(_ say: (String) -> Void) async throws {
        try await gateway.end(at: clock.now)
        for order in await service.liveOrders {
            _ = try await service.end(order, viewer: .owner)
        }
        let end = DemoFleet.start + .seconds(86_400 * Int64(days))
        while clock.now < end { try await step() }
        try await DemoEnd(run: self, refused: refused).show(say)
    }
}

/// An engine that has a lease.
struct DemoEngine: Hashable {
    let replica: ReplicaID
    let model: String
}

/// A clock that stands still until it is moved.
final class DemoClock: Sendable {
    private let instant = Mutex(Instant(microseconds: 0))

    var now: Instant {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}

/// What control wants of the cluster, until it is carried out.
private final class DemoCommands: Sendable {
    private let waiting = Mutex<[ClusterAction]>([])

    func add(_ action: ClusterAction) { waiting.withLock { $0.append(action) } }

    func take() -> [ClusterAction] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
