package import ArgumentParser
import Vocabulary
import Wire

package struct SurplusCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "surplus",
        abstract: "What of the fleet may be sold now, and why not more.",
        subcommands: [SurplusShow.self, SurplusExplain.self, SurplusHistory.self],
        defaultSubcommand: SurplusShow.self)

    package init() {}
}

extension SurplusBody {
    var sold: Int { soldOnDemand + soldReserved + soldSpot }

    /// Spot that may be added now, and what may be promised firmly besides; nil where nothing is
    /// planned.
    var spotLeft: Int? { choices.first { $0.minutes == nil }.map { max(0, $0.sellable - sold) } }

    func firmLeft(_ choice: Choice) -> Int {
        max(0, choice.sellable - soldOnDemand - soldReserved)
    }

    /// `1h 12, 6h 10, 1d 4, 7d 0`.
    var firmLeftText: String {
        choices.compactMap { choice in
            choice.minutes.map { "\(Self.short($0)) \(firmLeft(choice))" }
        }.joined(separator: ", ")
    }

    private static func short(_ minutes: Int) -> String {
        if minutes % 1440 == 0 { return "\(minutes / 1440)d" }
        return minutes % 60 == 0 ? "\(minutes / 60)h" : "\(minutes)m"
    }
}
