/// What the capacity side tells the request path of a model whose replicas come and go: how a
/// request is treated that finds none ready.
package struct WarmUpTerms: Hashable, Codable, Sendable {
    package var model: String
    /// Seconds that it waits at most.
    package var waitSeconds: Int64
    /// From a replica's order to its first request, the last time; nil before any was seen.
    package var expectedSeconds: Int64?
    /// Whether one can come now; else nothing is waited for.
    package var hasRoom: Bool

    package init(
        model: String, waitSeconds: Int64, expectedSeconds: Int64? = nil, hasRoom: Bool = true
    ) {
        self.model = model
        self.waitSeconds = waitSeconds
        self.expectedSeconds = expectedSeconds
        self.hasRoom = hasRoom
    }
}
