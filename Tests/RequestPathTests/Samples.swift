import Fleet
import Metering
import Pricing
import Vocabulary

/// Values that the tests of the request path share.
enum Samples {
    static let organization = OrganizationID(high: 1, low: 1)
    static let scope = Scope.organization(organization)
    static let rate = Rate(
        ModelPrice(
            model: "m", perMillion: [.input: .dollars(1), .output: .dollars(4)], source: "test",
            sourceDate: "2026-11-21"))

    static func budget(_ number: UInt64) -> Scope {
        .projectBudget(ProjectID(high: 2, low: number), period: "2026-11")
    }

    static func replica(
        _ number: UInt64, slots: Int = 2, state: ReplicaState = .ready
    ) -> ReplicaSnapshot {
        ReplicaSnapshot(
            replica: ReplicaID(high: 3, low: number), model: "m", engine: .llamaCpp,
            address: .unixSocket(path: "none"), pathPrefix: "/v1", state: state, slots: slots)
    }
}
