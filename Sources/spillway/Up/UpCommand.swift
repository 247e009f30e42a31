import ArgumentParser
import Clusters
import Commands
import Engines
import Foundation
import Logging
import Vocabulary

/// The supervisor of one machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start Spillway here and stay in the foreground.",
        discussion: """
            Starts control, a gateway and the engines, and starts again whichever ends. When it \
            serves, it writes DIR/ready.json and prints a line of curl that works as it is. Ctrl-C \
            lets streams end, then ends everything; a second Ctrl-C does not wait.

            Examples:
              spillway up
              spillway up --data /var/lib/spillway --gateway-port 443 --host 0.0.0.0 \\
                --tls-certificate fullchain.pem --tls-key key.pem
            """)

    @OptionGroup var options: UpOptions

    func run() async throws {
        try options.check()
        // What is made from here on is our own user's only, the children's files too.
        umask(0o077)
        let data = DataDirectory(options.data)
        try data.make()
        let lock = try DirectoryLock(directory: data.path)
        try? FileManager.default.removeItem(atPath: data.ready)
        let installation = try Installation.find(environment: ProcessInfo.processInfo.environment)
        let ports = try await UpPorts.claim(options)
        let token = try PrivateFile.secret(
            at: data.operatorToken, prefix: "sw-operator", random: .system)

        let machine = try Machine(
            options: options, ports: ports, data: data, installation: installation)
        let readiness = Readiness(
            options: options, ports: ports, data: data, installation: installation, token: token)
        await withDiscardingTaskGroup { group in
            group.addTask { await readiness.announce() }
            await machine.run(signals: ProcessSignals.requestsToEnd())
            group.cancelAll()
        }
        try? FileManager.default.removeItem(atPath: data.ready)
        CommandEnvironment.process.output("Spillway has ended.")
        withExtendedLifetime(lock) {}
    }
}
