package import Vocabulary

/// What runs, and how far the money is posted.
package struct StatusBody: Codable, Hashable, Sendable {
    package var version: String
    package var startedAt: Instant
    package var ledgerSequence: Int64
    package var customers: Int
    package var projects: Int
    /// Keys that may act.
    package var keys: Int
    /// The price book in force; nil before the first.
    package var priceVersion: Int64?
    /// Money lent to gateways, of all customers.
    package var held: Money
    /// Usage events that could not be rated and wait for a person.
    package var quarantined: Int64
    package var gateways: [GatewayStatusBody]
    package var models: [ModelStatusBody]

    package enum CodingKeys: String, CodingKey {
        case version, customers, projects, keys, held, quarantined, gateways, models
        case startedAt = "started_at"
        case ledgerSequence = "ledger_sequence"
        case priceVersion = "price_version"
    }

    package init(
        version: String, startedAt: Instant, ledgerSequence: Int64, customers: Int, projects: Int,
        keys: Int, priceVersion: Int64?, held: Money, quarantined: Int64,
        gateways: [GatewayStatusBody], models: [ModelStatusBody]
    ) {
        self.version = version
        self.startedAt = startedAt
        self.ledgerSequence = ledgerSequence
        self.customers = customers
        self.projects = projects
        self.keys = keys
        self.priceVersion = priceVersion
        self.held = held
        self.quarantined = quarantined
        self.gateways = gateways
        self.models = models
    }
}

package struct GatewayStatusBody: Codable, Hashable, Sendable {
    package var gateway: GatewayID
    package var connected: Bool
    package var epoch: Int64
    /// Bytes of its journal that are on stable storage.
    package var syncedOffset: Int64
    /// Bytes of its journal that are posted.
    package var appliedOffset: Int64
    package var requestsUnderWay: Int

    package enum CodingKeys: String, CodingKey {
        case gateway, connected, epoch
        case syncedOffset = "synced_offset"
        case appliedOffset = "applied_offset"
        case requestsUnderWay = "requests_under_way"
    }

    package init(
        gateway: GatewayID, connected: Bool, epoch: Int64, syncedOffset: Int64,
        appliedOffset: Int64, requestsUnderWay: Int
    ) {
        self.gateway = gateway
        self.connected = connected
        self.epoch = epoch
        self.syncedOffset = syncedOffset
        self.appliedOffset = appliedOffset
        self.requestsUnderWay = requestsUnderWay
    }
}

package struct ModelStatusBody: Codable, Hashable, Sendable {
    package var name: String
    package var state: ModelBody.State
    package var replicas: Int
    package var problem: String?

    package init(name: String, state: ModelBody.State, replicas: Int, problem: String? = nil) {
        self.name = name
        self.state = state
        self.replicas = replicas
        self.problem = problem
    }
}
