package import ArgumentParser
import Vocabulary
import Wire

package struct InventoryCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "What the fleet is: sites, suppliers, clusters, pools and nodes, as one file.",
        subcommands: [InventoryCheck.self, InventoryApply.self, InventoryShow.self])

    package init() {}
}

extension TextOutput {
    func change(_ change: InventoryChangeBody) -> String {
        var lines = [
            "\(change.applied ? "Applied" : "Would apply"): \(count(change.pools)) pools, "
                + "\(count(change.nodes)) nodes, \(count(change.accelerators)) accelerators."
        ]
        lines += names("+", change.added) + names("~", change.changed)
        lines += names("-", change.retired)
        if change.added.isEmpty, change.changed.isEmpty, change.retired.isEmpty {
            lines.append("Nothing differs from the inventory in force.")
        }
        return (lines + change.warnings.map { "warning: " + $0 }).joined(separator: "\n")
    }

    private static let shownNames = 40

    private func names(_ sign: String, _ names: [String]) -> [String] {
        let shown = names.prefix(Self.shownNames).map { "\(sign) \($0)" }
        let rest = names.count - shown.count
        return rest > 0 ? shown + ["\(sign) … and \(count(rest)) more"] : shown
    }
}
