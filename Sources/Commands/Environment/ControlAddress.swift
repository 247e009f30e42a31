import Foundation
import Vocabulary

/// Where control is, and the secret by which it knows its owner.
package struct ControlAddress: Hashable, Sendable {
    /// `http://127.0.0.1:8081`, without a slash at the end.
    package var url: String
    package var token: String

    package init(url: String, token: String) {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
        self.token = token
    }

    /// Where `spillway up` keeps its data unless it is told otherwise.
    static let usualData = "data"

    /// ``usualData`` where a Spillway has served from it, seen from here.
    static func usualData(in environment: CommandEnvironment) -> String? {
        (try? ready(usualData, environment)) == nil ? nil : usualData
    }

    /// Found by `--data`, else by `SPILLWAY_CONTROL` and `SPILLWAY_TOKEN`, else in `./data`.
    package static func find(
        data: String?, in environment: CommandEnvironment
    ) throws -> ControlAddress {
        if let data { return try read(data, environment) }
        if let url = environment.variables["SPILLWAY_CONTROL"], !url.isEmpty {
            guard let token = environment.variables["SPILLWAY_TOKEN"], !token.isEmpty else {
                throw Failure(
                    .invalidRequest,
                    "SPILLWAY_CONTROL is set and SPILLWAY_TOKEN is not. Set it to operator_token "
                        + "of that Spillway's ready.json.", parameter: "SPILLWAY_TOKEN")
            }
            return ControlAddress(url: url, token: token)
        }
        if let data = usualData(in: environment) { return try read(data, environment) }
        throw Failure(
            .invalidRequest,
            "Say which Spillway is meant: '--data DIR' as given to 'spillway up', or the "
                + "environment variables SPILLWAY_CONTROL and SPILLWAY_TOKEN.",
            parameter: "--data")
    }

    private static func read(
        _ directory: String, _ environment: CommandEnvironment
    ) throws -> ControlAddress {
        let found = try ready(directory, environment)
        return ControlAddress(url: found.control, token: found.operatorToken)
    }

    /// What `spillway up` has written about itself.
    static func ready(
        _ directory: String, _ environment: CommandEnvironment
    ) throws -> Ready {
        let path = directory + "/ready.json"
        let text: String
        do {
            text = try environment.readFile(path)
        } catch {
            throw Failure(
                .unavailable,
                "\(path) cannot be read: no Spillway serves from this directory yet, or it is "
                    + "another user's. Start one: 'spillway up --data \(directory)'.",
                parameter: "--data")
        }
        guard let ready = try? JSONDecoder().decode(Ready.self, from: Data(text.utf8)) else {
            throw Failure(
                .invalidRequest, "\(path) is not what 'spillway up' writes. Start it again.",
                parameter: "--data")
        }
        return ready
    }

    struct Ready: Decodable {
        let gateway: String?
        let control: String
        let operatorToken: String
        /// The demo customer's; nil where there is none.
        let apiKey: String?

        enum CodingKeys: String, CodingKey {
            case gateway, control
            case operatorToken = "operator_token"
            case apiKey = "api_key"
        }
    }
}
