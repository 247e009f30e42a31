import ArgumentParser
import Vocabulary
import Wire

struct ReservationShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One reservation: its window, and what it has cost.",
        discussion: """
            Example:
              spillway reservation show rsv_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The reservation's id.")
    var reservation: ReservationID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .reservationShow, path: APIRoute.reservationShow.path("\(reservation)"))
        try await show(call, OrderBody.self) { order, text in text.order(order) }
    }
}
