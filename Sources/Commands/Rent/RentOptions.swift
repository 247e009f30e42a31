package import ArgumentParser
package import Vocabulary
import Wire

/// Options of commands that a customer has as well as the owner.
package struct RentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The data directory of the Spillway that is meant.",
            discussion:
                "Without it, SPILLWAY_URL and SPILLWAY_KEY say which, or SPILLWAY_CONTROL and "
                + "SPILLWAY_TOKEN, else it is the one in ./data.",
            valueName: "directory"))
    package var data: String?

    @Option(
        help: ArgumentHelp(
            "The project that pays, for the owner; a customer's is its key's.",
            valueName: "project"))
    package var project: ProjectID?

    @Flag(help: "Answer as JSON; money is decimal text in dollars.")
    package var json = false

    package init() {}
}

/// A command about rented capacity: a customer gives it to the public port with its key, the owner
/// to the control port.
protocol RentCommand: AskingCommand {
    var rent: RentOptions { get }
    /// Whether somebody has to pay for what it does.
    static var needsPayer: Bool { get }
}

extension RentCommand {
    static var needsPayer: Bool { false }
    var answersJSON: Bool { rent.json }

    func findAddress() throws -> ControlAddress { try address().control }

    /// The project to name in a body or a query; nil where the key says it.
    func payer() throws -> ProjectID? { try address().project }

    private func address() throws -> (control: ControlAddress, project: ProjectID?) {
        try RentAddress.find(
            data: rent.data, project: rent.project, needsPayer: Self.needsPayer, in: environment)
    }
}

enum RentAddress {
    /// `--data` is the owner's; where somebody has to pay and no project is named it is the demo
    /// customer, through the public port with its key. Otherwise `SPILLWAY_URL` and `SPILLWAY_KEY`
    /// are a customer's, `SPILLWAY_CONTROL` and `SPILLWAY_TOKEN` the owner's. Where nothing says
    /// which, it is the one in `./data`.
    static func find(
        data: String?, project: ProjectID?, needsPayer: Bool, in environment: CommandEnvironment
    ) throws -> (control: ControlAddress, project: ProjectID?) {
        if let data = data ?? usualData(environment) {
            if needsPayer, project == nil { return (try demo(data, environment), nil) }
            return (try ControlAddress.find(data: data, in: environment), project)
        }
        if let url = environment.variables["SPILLWAY_URL"], !url.isEmpty {
            guard let key = environment.variables["SPILLWAY_KEY"], !key.isEmpty else {
                throw Failure(
                    .invalidRequest,
                    "SPILLWAY_URL is set and SPILLWAY_KEY is not. Set it to an API key.",
                    parameter: "SPILLWAY_KEY")
            }
            return (ControlAddress(url: url, token: key), project)
        }
        guard environment.variables["SPILLWAY_CONTROL"]?.isEmpty == false else {
            throw Failure(
                .invalidRequest,
                "Say which Spillway is meant: '--data DIR' as given to 'spillway up', the "
                    + "environment variables SPILLWAY_URL and SPILLWAY_KEY of a customer, or "
                    + "SPILLWAY_CONTROL and SPILLWAY_TOKEN of the owner.", parameter: "--data")
        }
        if needsPayer, project == nil { throw nobodyPays }
        return (try ControlAddress.find(data: nil, in: environment), project)
    }

    /// nil where variables name a Spillway.
    private static func usualData(_ environment: CommandEnvironment) -> String? {
        let names = ["SPILLWAY_URL", "SPILLWAY_CONTROL"]
        guard names.allSatisfy({ environment.variables[$0, default: ""].isEmpty }) else {
            return nil
        }
        return ControlAddress.usualData(in: environment)
    }

    private static let nobodyPays = Failure(
        .invalidRequest,
        "Name the project that pays: --project prj_…; 'spillway project list' has them.",
        parameter: "--data")

    private static func demo(
        _ data: String, _ environment: CommandEnvironment
    ) throws -> ControlAddress {
        let ready = try ControlAddress.ready(data, environment)
        guard let gateway = ready.gateway, let key = ready.apiKey else { throw nobodyPays }
        return ControlAddress(url: gateway, token: key)
    }
}
