package import ArgumentParser
import Vocabulary
import Wire

package struct MarketCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "market",
        abstract: "Spot prices: what they are, what they were, how fast they may move.",
        subcommands: [MarketShow.self, MarketHistory.self, MarketSet.self],
        defaultSubcommand: MarketShow.self)

    package init() {}
}

struct MarketShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "What an accelerator-hour of spot work costs now, pool by pool.",
        discussion: """
            Work without '--limit-price' pays this price, up to the price on demand.

            Example:
              spillway market show --data /var/lib/spillway
            """)

    @OptionGroup var rent: RentOptions

    func run() async throws {
        try await show(ControlCall(.marketList), [MarketBody].self) { markets, text in
            var table = Table(
                .fixed("POOL"), .fixed("ACCELERATOR"), .number("PRICE"), .number("AT LEAST"),
                .fixed("RISES"), .fixed("FALLS"), .text("CLEARED NEXT"))
            for market in markets {
                table.add(
                    "\(market.pool)", "\(market.accelerator)", text.money(market.price),
                    text.money(market.lowest), Self.share(market.riseThousandths),
                    Self.share(market.fallThousandths),
                    market.nextClearing.map(text.time) ?? "when bids compete")
            }
            return text.list(table, empty: "No spot work is sold: no pool has a spot price.")
        }
    }

    /// `10 % a minute`.
    static func share(_ thousandths: Int64) -> String {
        "\(Accelerators(thousandths: thousandths * 100)) % a minute"
    }
}

struct MarketHistory: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "How the spot price of a pool came about, clearing by clearing.",
        discussion: """
            CLEARED is what the bids of that minute came to; PRICE follows it as fast as it may.
            With '--limit-price' it says how much of the time that limit would have sufficed.

            Example:
              spillway market history h100 --limit-price 1.50 --data /var/lib/spillway
            """)

    @Argument(help: "The pool's name.")
    var pool: PoolName

    @Option(
        help: ArgumentHelp("A limit per accelerator-hour to compare with.", valueName: "dollars"))
    var limitPrice: Money?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .marketShow, path: APIRoute.marketShow.path("\(pool)"),
            query: ["limit_price": limitPrice])
        try await show(call, MarketBody.self) { market, text in
            var table = Table(
                .fixed("FROM"), .number("PRICE"), .number("CLEARED"), .number("SUPPLY"),
                .number("SOLD"), .number("UNSERVED"))
            for point in market.history ?? [] {
                table.add(
                    text.time(point.at), text.money(point.price),
                    point.cleared.map(text.money) ?? "-", "\(point.supply)", "\(point.sold)",
                    "\(point.unserved)")
            }
            let filled = market.filledThousandths.map { share in
                "\n\nA limit of \(limitPrice.map(text.money) ?? "") would have sufficed for "
                    + "\(Accelerators(thousandths: share * 100)) % of this time."
            }
            return text.list(table, empty: "Nothing has moved this price yet.") + (filled ?? "")
        }
    }
}

struct MarketSet: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change how fast the spot price of a pool may move.",
        discussion: """
            Shares are of the price, in a minute: 0.1 is 10 %. The least price is the price
            book's spot price, or the avoidable cost where that is more.

            Example:
              spillway market set h100 --rise 0.2 --fall 0.1 --data /var/lib/spillway
            """)

    @Argument(help: "The pool's name.")
    var pool: PoolName

    @Option(help: ArgumentHelp("How far it may rise in a minute.", valueName: "share"))
    var rise: AcceleratorCount?

    @Option(help: ArgumentHelp("How far it may fall in a minute.", valueName: "share"))
    var fall: AcceleratorCount?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = try ControlCall(
            .marketChange, path: APIRoute.marketChange.path("\(pool)"),
            body: MarketChangeBody(
                riseThousandths: rise?.accelerators.thousandths,
                fallThousandths: fall?.accelerators.thousandths))
        try await show(call, MarketBody.self) { market, _ in
            "The spot price of \(market.pool) may rise by "
                + "\(MarketShow.share(market.riseThousandths)) and fall by "
                + "\(MarketShow.share(market.fallThousandths))."
        }
    }
}
