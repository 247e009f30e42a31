import CapacityPath
import Control
import Fleet
import Vocabulary

/// Who orders what and when: teams as recorded, customers by a seeded draw.
struct DemoOrder {
    var minute: Int64
    var request: OrderRequest
}

enum DemoPlan {
    /// Orders of all customers in a day, on average.
    private static let perDay: UInt64 = 72

    static func orders(
        teams: [(team: DemoTeams, project: ProjectID)], customers: [ProjectID], days: Int,
        seed: UInt64
    ) -> [DemoOrder] {
        let end = Int64(days) * 1440
        var orders: [DemoOrder] = []
        for (team, project) in teams {
            for job in team.jobs where job.from < end {
                orders += gangs(of: job.accelerators).map { nodes, each in
                    DemoOrder(
                        minute: job.from,
                        request: self.job(
                            team.name, project, DemoFleet.owned, .onDemand, nodes: nodes,
                            each: each, minutes: min(job.to, end) - job.from))
                }
            }
        }
        var random = SplitMix64(seed: seed)
        orders += customers.indices.map { reservation(of: customers[$0], week: $0) }
            .filter { $0.minute < end }
        for minute in 0..<end where UInt64.random(in: 0..<1440, using: &random) < perDay {
            let customer = customers[Int.random(in: customers.indices, using: &random)]
            orders.append(
                DemoOrder(minute: minute, request: draw(customer, &random)))
        }
        return orders.enumerated().sorted {
            ($0.element.minute, $0.offset) < ($1.element.minute, $1.offset)
        }.map(\.element)
    }

    /// Whole nodes together, what is left beside them.
    private static func gangs(of count: Int) -> [(nodes: Int, each: Int)] {
        (count >= 8 ? [(count / 8, 8)] : []) + (count % 8 > 0 ? [(1, count % 8)] : [])
    }

    /// Mostly small and short, sometimes large and long.
    private static func draw(
        _ customer: ProjectID, _ random: inout SplitMix64
    ) -> OrderRequest {
        let sizes = [1, 1, 1, 1, 2, 2, 4, 8, 8, 16]
        let size = sizes[Int.random(in: sizes.indices, using: &random)]
        let minutes =
            (20 << Int64.random(in: 0...6, using: &random))
            + Int64.random(in: 0..<60, using: &random)
        let isSpot = Int.random(in: 0..<10, using: &random) < 5
        let isRented = !isSpot && Int.random(in: 0..<10, using: &random) < 3
        return job(
            "work", customer, isRented ? DemoFleet.rented : DemoFleet.owned,
            isSpot ? .spot : .onDemand, nodes: max(1, size / 8), each: min(8, size),
            minutes: minutes)
    }

    private static func job(
        _ name: String, _ project: ProjectID, _ pool: PoolName, _ purchaseClass: PurchaseClass,
        nodes: Int, each: Int, minutes: Int64
    ) -> OrderRequest {
        OrderRequest(
            project: project, pool: pool, purchaseClass: purchaseClass,
            shape: GangShape(nodes: nodes, acceleratorsPerNode: .whole(each)),
            content: .job(
                JobSpecification(
                    work: WorkSpecification(name: name, command: ["sleep", "\(minutes * 60)"]),
                    maximumRunTime: minutes * 60 + 600)))
    }

    /// Two nodes for a week of each customer's.
    private static func reservation(of customer: ProjectID, week: Int) -> DemoOrder {
        let from = DemoFleet.start + .seconds(86_400 * (7 * week + 1))
        return DemoOrder(
            minute: Int64(week) * 7 * 1440 + 60,
            request: OrderRequest(
                project: customer, pool: DemoFleet.owned, purchaseClass: .reserved,
                shape: GangShape(nodes: 2, acceleratorsPerNode: .whole(8)),
                content: .reservation(from: from, to: from + .seconds(86_400 * 5))))
    }
}
