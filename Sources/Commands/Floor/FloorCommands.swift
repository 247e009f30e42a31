package import ArgumentParser
import Foundation
import Vocabulary
import Wire

package struct FloorCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "What capacity and tokens cost us: nothing is sold below.",
        subcommands: [FloorList.self, FloorShow.self])

    package init() {}
}

struct FloorList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The floors of all pools and deployments, beside their prices.",
        discussion: """
            FULL COST is the floor of reserved and on-demand, AVOIDABLE that of spot, per
            accelerator-hour. Tokens have one floor for input and output together, per million.

            Example:
              spillway floor list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.floorList), FloorsBody.self) { floors, text in
            var pools = Table(
                .fixed("POOL"), .fixed("SUPPLIER"), .number("FULL COST"), .number("AVOIDABLE"),
                .text("BELOW ITS FLOOR"))
            for pool in floors.pools {
                pools.add(
                    "\(pool.pool)", "\(pool.supplier)", text.money(pool.full),
                    text.money(pool.avoidable),
                    pool.prices.filter { !$0.covered }.map(\.purchaseClass.rawValue)
                        .joined(separator: ", "))
            }
            var models = Table(
                .fixed("MODEL"), .number("COST PER MILLION"), .number("PRICE"), .text("NOTE"))
            for model in floors.models {
                models.add(
                    model.model, model.costPerMillion.map(text.price) ?? "-",
                    model.pricePerMillion.map(text.price) ?? "-",
                    model.covered == false ? "below its floor" : model.reason ?? "")
            }
            return text.list(pools, empty: "No pool's cost is declared.") + "\n\n"
                + text.list(models, empty: "No models.")
        }
    }
}

struct FloorShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One floor with the whole sum that it comes from.",
        discussion: """
            Example:
              spillway floor show h100 --data /var/lib/spillway
            """)

    @Argument(help: "A pool or a model.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let floors: FloorsBody = try await ask(ControlCall(.floorList))
        let pools = floors.pools.filter { $0.pool.text == name }
        let models = floors.models.filter { $0.model == name }
        guard !pools.isEmpty || !models.isEmpty else {
            throw Failure(
                .notFound, "No pool or model '\(name)' has a floor. See 'spillway floor list'.")
        }
        if connection.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let found = FloorsBody(pools: pools, models: models)
            environment.output(json: Array(try encoder.encode(found)))
            return
        }
        let texts = pools.map { text.floor($0) } + models.map { text.floor($0) }
        environment.output(texts.joined(separator: "\n\n"))
    }
}

extension TextOutput {
    func floor(_ floor: PoolFloorBody) -> String {
        var lines = ["\(floor.pool): \(floor.accelerator) from \(floor.supplier)", ""]
        lines.append("Full cost, the floor of reserved and on-demand: \(money(floor.full))")
        for part in floor.parts {
            lines.append("  \(part.name) \(money(part.amount)): \(part.how)")
        }
        lines.append("Avoidable cost, the floor of spot: \(money(floor.avoidable))")
        lines.append("  \(floor.avoidableHow)")
        for price in floor.prices {
            lines.append(
                "\(price.purchaseClass.rawValue) is priced at \(money(price.price)): "
                    + (price.covered ? "covered" : "below its floor, not sold"))
        }
        return lines.joined(separator: "\n")
    }

    func floor(_ floor: ModelFloorBody) -> String {
        guard let how = floor.how else {
            return "\(floor.model): \(floor.reason ?? "its floor is not known")"
        }
        var lines = ["\(floor.model) on \(floor.pool?.text ?? "")", "", "Cost: \(how)"]
        if let price = floor.pricePerMillion {
            lines.append(
                "Its prices bring in \(self.price(price)) per million in these shares: "
                    + (floor.covered == false ? "below its floor" : "covered"))
        }
        return lines.joined(separator: "\n")
    }
}
