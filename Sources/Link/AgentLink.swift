package import Fleet
package import Vocabulary

/// What control tells the machine's agent (the supervisor process `spillway up`), which owns the
/// engine processes: they must outlive a crash of control and of any gateway.
package enum AgentCommand: Codable, Sendable {
    /// The engines that should run here, all of them; others are stopped. Idempotent.
    case run([EngineOrder])
}

package struct EngineOrder: Hashable, Codable, Sendable {
    package var replica: ReplicaID
    package var model: String
    package var engine: EngineKind
    /// Absolute path of the weights.
    package var modelFile: String
    package var contextLength: Int64
    package var slots: Int

    package init(
        replica: ReplicaID, model: String, engine: EngineKind, modelFile: String,
        contextLength: Int64, slots: Int
    ) {
        self.replica = replica
        self.model = model
        self.engine = engine
        self.modelFile = modelFile
        self.contextLength = contextLength
        self.slots = slots
    }
}

/// What the agent tells control: sent whole on connecting and whenever a state changes.
package enum AgentReport: Codable, Sendable {
    case replicas([ReplicaSnapshot], problems: [String: String])
}
