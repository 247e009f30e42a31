package import Fleet
package import Vocabulary

extension LocalCluster {
    /// What this machine has, without trying what it can keep apart.
    ///
    /// - Parameter slots: As in ``LocalPlace``.
    package static func look(slots: Int? = nil) -> (node: NodeName, shape: NodeShape) {
        (MachineShape.hostName(), MachineShape.find(slots: slots).node)
    }
}
