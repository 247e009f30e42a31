import ArgumentParser
import Vocabulary
import Wire

struct VolumeCreate: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a volume, which is billed by its size until it is gone.",
        discussion: """
            Example:
              spillway volume create data --pool local --quota 20GiB --data /var/lib/spillway
            """)
    static let needsPayer = true

    @Argument(help: "Its name, for people.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "Where it can be used: the pools of this one's cluster.", valueName: "pool"))
    var pool: PoolName

    @Option(help: ArgumentHelp("How much it may hold, such as 20GiB.", valueName: "size"))
    var quota: MemorySize

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = VolumeCreateBody(
            project: try payer(), name: name, pool: pool, quotaMiB: quota.mebibytes)
        let call = try ControlCall(.volumeCreate, body: body, idempotencyKey: effect.key)
        try await show(call, VolumeBody.self) { volume, text in text.volume(volume) }
    }
}
