import ArgumentParser
import Vocabulary
import Wire

struct ReservationList: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Reservations, the newest first.",
        discussion: """
            Example:
              spillway reservation list --state running --data /var/lib/spillway
            """)

    @Option(help: "Only those in this state.")
    var state: OrderState?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Option(help: ArgumentHelp("Those behind this one in the list.", valueName: "reservation"))
    var after: Identifier<Reservation>?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .reservationList,
            query: [
                "project": try payer(), "state": state?.rawValue, "limit": limit, "after": after,
            ])
        try await show(call, [OrderBody].self) { orders, text in
            text.orders(
                orders, empty: "No reservations. Make one: spillway reservation create --help")
        }
    }
}
