package import CapacityPath
package import Fleet
import Vocabulary
package import Wire

extension OrderBody {
    /// An order as it was taken and has not moved yet: how it stands is filled in by the desk.
    package init(_ order: Order) {
        self.init(
            id: order.id, kind: order.content.kind, customer: order.organization,
            project: order.project, pool: order.pool, purchaseClass: order.purchaseClass,
            nodes: order.shape.nodes,
            accelerators: AcceleratorCount(order.shape.acceleratorsPerNode),
            oneBlock: order.shape.oneBlock, reservation: order.within,
            pricePerAcceleratorHour: order.price.perAcceleratorHour,
            priceVersion: order.price.version, state: .waiting, placedAt: order.placedAt,
            billedSeconds: AcceleratorCount(.zero), charged: .zero, credited: .zero, held: .zero,
            runs: [])
        limitPrice = order.limit
        askedPool = order.askedPool
        switch order.content {
        case .job(let job):
            describe(job.work)
            maximumRunTime = job.maximumRunTime
            retries = job.retries
            arraySize = job.arraySize
            onReclaim = job.onReclaim == .requeue ? .requeue : .end
        case .instance(let work):
            describe(work)
        case .reservation(let from, let to):
            self.from = from
            self.to = to
        }
    }

    private mutating func describe(_ work: WorkSpecification) {
        name = work.name
        command = work.command
        volumes =
            work.volumes.isEmpty
            ? nil
            : work.volumes.map {
                VolumeMountBody(volume: $0.volume, path: $0.path, readOnly: $0.readOnly)
            }
    }
}

extension Order.Content {
    package var kind: OrderKind {
        switch self {
        case .job: .job
        case .instance: .instance
        case .reservation: .reservation
        }
    }
}

extension NoticeBody {
    package init(_ notice: Notice) {
        self.init(
            reason: notice.reason.rawValue, givenAt: notice.givenAt, deadline: notice.deadline)
    }
}
