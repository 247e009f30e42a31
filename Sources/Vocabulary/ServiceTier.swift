/// On which terms a model answers.
package enum ServiceTier: String, Codable, Sendable, CaseIterable {
    case standard = "default"
    /// Out of what the other tiers leave idle, within a day, at half the price.
    case batch
}

/// One line of a batch.
package struct BatchLine: Hashable, Codable, Sendable {
    package var batch: BatchID
    /// From 0, in the order of the batch's input.
    package var number: Int64

    package init(batch: BatchID, number: Int64) {
        self.batch = batch
        self.number = number
    }
}
