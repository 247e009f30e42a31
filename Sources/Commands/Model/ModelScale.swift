import ArgumentParser
import Wire

struct ModelScale: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Set the bounds within which a model's replicas come and go.",
        discussion: """
            Replicas are leases of this machine's pool: they come when requests ask for them and
            go when compute earns more with the accelerator. With '--min 0' the last one goes when
            nobody has asked for --idle-to-zero, and the next request brings one; it waits for
            --warm-up-wait at most and is told to come back if the engine is not ready by then.
            Without bounds a model has one replica, always. What is left out stays as it was.

            Example:
              spillway model scale qwen3-8b --min 0 --max 4 --idle-to-zero 10m
            """)

    @Argument(help: "The model's name.")
    var name: String

    @Option(help: ArgumentHelp("The least replicas; 0 to let it sleep.", valueName: "n"))
    var min: Int

    @Option(help: ArgumentHelp("The most replicas.", valueName: "n"))
    var max: Int

    @Option(
        help: ArgumentHelp(
            "Without a request for so long, the last one goes; 10m at first.", valueName: "time"))
    var idleToZero: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "A replica stays for so long, unless bounds are changed; 15m at first.",
            valueName: "time"))
    var minimumStay: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long a request waits for a replica to load; 30s at first.", valueName: "time"))
    var warmUpWait: TimeSpan?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let body = ModelScaleBody(
            minimum: min, maximum: max, idleToZeroSeconds: idleToZero?.seconds,
            minimumStaySeconds: minimumStay?.seconds, warmUpWaitSeconds: warmUpWait?.seconds)
        let call = try ControlCall(.modelScale, path: APIRoute.modelScale.path(name), body: body)
        try await show(call, ModelBody.self) { model, text in text.model(model) }
    }
}
