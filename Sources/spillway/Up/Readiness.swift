import Clusters
import Commands
import Foundation
import Vocabulary
import Wire

/// Waits until everything serves, then says so: `ready.json` for programs, a few lines for people.
struct Readiness {
    private enum Pace {
        static let look = Duration.milliseconds(50)
        /// After this a person is told what is being waited for.
        static let patience = Duration.seconds(15)
        /// A model's trouble that is over by then was none: its node is looked at first.
        static let settling = Duration.seconds(2)
    }

    let options: UpOptions
    let ports: UpPorts
    let data: DataDirectory
    let installation: Installation
    let token: String

    private var gatewayURL: String { ports.gatewayURL(options) }

    private var controlURL: String { "http://127.0.0.1:\(ports.control)" }

    func announce() async {
        do {
            let begin = ContinuousClock.now
            tell("Spillway \(ProductVersion.text) starts in \(data.path)")
            let control = ControlAddress(url: controlURL, token: token)
            try await wait(for: "control", log: "control.log") {
                (try? await call(.health, control)) != nil
            }
            let key = options.noDemo ? nil : try await prepareDemo(control)
            try await wait(for: "the gateway", log: "gateway.log") {
                TCPPort.accepts(ports.gateway, host: options.host)
            }
            try writeReady(key: key)
            tellPerson(hasDemo: key != nil, after: ContinuousClock.now - begin)
        } catch is CancellationError {
        } catch {
            let text =
                (error as? Failure)?.message ?? (error as? ControlRefusal).map(\.body.error.message)
            tell("error: \(text ?? "\(error)")\nStill running; Ctrl-C ends it. Logs: \(data.logs)")
        }
    }

    private func tell(_ text: String) { CommandEnvironment.process.output(text) }

    @discardableResult
    private func call(_ route: APIRoute, _ control: ControlAddress) async throws -> [UInt8] {
        try await CommandEnvironment.process.send(control, ControlCall(route))
    }

    /// Asks again when control ends meanwhile: it is started again, and each step has one effect.
    private func prepareDemo(_ control: ControlAddress) async throws -> String {
        let demo = DemoSetup(control: control, data: data, installation: installation)
        while true {
            do {
                let key = try await demo.prepare()
                try await waitForModel(DemoSetup.model, control)
                return key
            } catch is ControlUnreachable {
                try await Task.sleep(for: Pace.look, clock: .continuous)
            }
        }
    }

    private func wait(for what: String, log: String, _ serves: () async -> Bool) async throws {
        let begin = ContinuousClock.now
        var told = false
        while await !serves() {
            if !told, ContinuousClock.now - begin > Pace.patience {
                told = true
                tell("  still waiting for \(what); see \(data.logs)/\(log)")
            }
            try await Task.sleep(for: Pace.look, clock: .continuous)
        }
        tell("  \(what) serves")
    }

    private func waitForModel(_ name: String, _ control: ControlAddress) async throws {
        let begin = ContinuousClock.now
        var problem: String?
        try await wait(for: "the model \(name)", log: "control.log") {
            guard let body = try? await call(.modelList, control),
                let models = try? JSONDecoder().decode([ModelBody].self, from: Data(body)),
                let model = models.first(where: { $0.name == name })
            else { return false }
            if let text = model.problem, text != problem,
                ContinuousClock.now - begin > Pace.settling
            {
                tell("  \(name): \(text)")
                problem = text
            }
            return model.state == .ready || model.state == .asleep
        }
    }

    private func writeReady(key: String?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let ready = Ready(
            gateway: gatewayURL, control: controlURL, operatorToken: token, apiKey: key)
        let text = String(decoding: try encoder.encode(ready), as: UTF8.self)
        try PrivateFile.write(text + "\n", to: data.ready)
    }

    private struct Ready: Encodable {
        let gateway: String
        let control: String
        let operatorToken: String
        let apiKey: String?

        enum CodingKeys: String, CodingKey {
            case gateway, control
            case operatorToken = "operator_token"
            case apiKey = "api_key"
        }
    }

    private func tellPerson(hasDemo: Bool, after time: Duration) {
        let tenths = time / .milliseconds(100)
        tell(
            """

            Spillway serves after \(Int(tenths) / 10).\(Int(tenths) % 10) s. Ctrl-C ends it.

              API for customers   \(gatewayURL)/v1
              owner's port        \(controlURL)
              data and logs       \(data.path)
            """)
        guard hasDemo else {
            tell("\nNext: spillway customer create NAME --credit 10 --data '\(data.path)'")
            return
        }
        let certificate = options.tlsCertificate.map { " --cacert '\($0)'" } ?? ""
        tell(
            """

            Try it:

            curl -s\(certificate) \(gatewayURL)/v1/chat/completions -H @'\(data.demoHeader)' \
            -H 'Content-Type: application/json' -d '{"model": "\(DemoSetup.model)", "messages": \
            [{"role": "user", "content": "What is Spillway?"}]}'
            """)
    }
}
