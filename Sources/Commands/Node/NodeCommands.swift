package import ArgumentParser
import Vocabulary
import Wire

package struct NodeCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Hosts: how they are, and taking them out and back.",
        subcommands: [
            NodeList.self, NodeShow.self, NodeDrain.self, NodeResume.self, NodeMaintain.self,
            NodeFence.self, NodeRetire.self,
        ])

    package init() {}
}

/// A command about one node, with the reason for the record.
protocol NodeChange: OwnerCommand {
    static var command: NodeCommandName { get }
    var node: NodeName { get }
    var reason: String { get }
    var effect: EffectOptions { get }
}

extension NodeChange {
    func run() async throws {
        let call = try ControlCall(
            .nodeCommand, path: APIRoute.nodeCommand.path("\(node)"),
            body: NodeCommandBody(command: Self.command, reason: reason),
            idempotencyKey: effect.key)
        try await show(call, NodeBody.self) { node, text in text.node(node) }
    }
}

extension TextOutput {
    func node(_ node: NodeBody) -> String {
        record([
            "Node": "\(node.name)", "Pool": "\(node.pool)", "Cluster": "\(node.cluster)",
            "Block": node.block.map { "\($0)" }, "Rack": node.rack.map { "\($0)" },
            "State": node.state, "Reason": node.reason, "Since": node.since.map(time),
            "Delivery": node.delivery.map(time),
            "Free": "\(node.acceleratorsFree) of \(node.accelerators) accelerators",
            "Uses": node.uses.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", "),
            "Leases": node.leases.isEmpty
                ? nil : node.leases.map { "\($0)" }.joined(separator: ", "),
        ])
    }
}
