import ArgumentParser
import Vocabulary
import Wire

struct ReservationCancel: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a reservation; its terms say what is paid all the same.",
        discussion: """
            Example:
              spillway reservation cancel rsv_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The reservation's id.")
    var reservation: ReservationID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .reservationCancel, path: APIRoute.reservationCancel.path("\(reservation)"))
        try await show(call, OrderBody.self) { order, text in text.cost(order) }
    }
}
