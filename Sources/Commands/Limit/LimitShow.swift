import ArgumentParser
import Wire

struct LimitShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "The limits of a project or of a key.",
        discussion: """
            Example:
              spillway limit show --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @OptionGroup var subject: LimitSubject
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let target = subject.route(project: .projectLimits, key: .keyLimits)
        try await show(ControlCall(target.route, path: target.path), LimitsBody.self) {
            limits, text in text.limits(limits)
        }
    }
}
