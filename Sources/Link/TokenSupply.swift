package import Fleet
package import Vocabulary

/// A supplier of tokens as a gateway uses it: what it answers for, and what bounds it.
package struct TokenSupply: Hashable, Codable, Sendable {
    package struct Offer: Hashable, Codable, Sendable {
        /// Where it is reached; its name stands for this offer's prices, for good.
        package var replica: ReplicaSnapshot
        package var keyFile: String?
        /// The supplier's name for the model.
        package var upstreamModel: String
        /// What it costs us: dollars per million tokens.
        package var perMillion: [TokenClass: Money]
        /// As many requests wait for a replica of ours before one goes out.
        package var queue: Int

        package init(
            replica: ReplicaSnapshot, keyFile: String?, upstreamModel: String,
            perMillion: [TokenClass: Money], queue: Int
        ) {
            self.replica = replica
            self.keyFile = keyFile
            self.upstreamModel = upstreamModel
            self.perMillion = perMillion
            self.queue = queue
        }
    }

    package var supplier: SupplierName
    package var requests: Int
    package var dailyCap: Money?
    package var monthlyCap: Money?
    package var offers: [Offer]

    package init(
        supplier: SupplierName, requests: Int, dailyCap: Money?, monthlyCap: Money?,
        offers: [Offer]
    ) {
        self.supplier = supplier
        self.requests = requests
        self.dailyCap = dailyCap
        self.monthlyCap = monthlyCap
        self.offers = offers
    }
}
