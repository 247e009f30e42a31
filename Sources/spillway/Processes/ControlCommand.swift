import ArgumentParser
import Control
import Foundation
import Logging
import Store
import Vocabulary

/// The control process.
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control", abstract: "The one writer of the ledger; 'up' starts it.")

    @Option(help: ArgumentHelp("The data directory.", valueName: "directory"))
    var data: String

    @Option(help: "The owner's port.")
    var port: UInt16

    @Option(help: ArgumentHelp("Where it listens.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Where customers send requests, for its page.", valueName: "url"))
    var gatewayURL = "http://127.0.0.1:8080"

    func run() async throws {
        umask(0o077)
        ProcessScheduling.standBack()
        let signals = ProcessSignals.requestsToEnd()
        let logger = Logger.structured("control")
        let directory = DataDirectory(data)
        let token = try PrivateFile.secret(
            at: directory.operatorToken, prefix: "sw-operator", random: .system)

        let store = try SQLiteStore(path: directory.database)
        let service = try ControlService(
            records: store, clock: .system, random: .system, logger: logger,
            version: ProductVersion.text,
            signing: AccessSecret(
                try PrivateFile.secret(
                    at: directory.accessSecret, prefix: "sw-access", random: .system)))
        let links = LinkServer(service: service, socket: directory.controlSocket, logger: logger)
        let agent = AgentClient(service: service, socket: directory.agentSocket, logger: logger)
        let compute = ComputeAPI(desk: service)
        let ownerPort = OwnerPort(
            api: OwnerAPI(
                service: service, compute: compute, token: OperatorToken(token),
                gatewayURL: gatewayURL),
            host: host, port: Int(port), clock: .system, random: .system, logger: logger)
        let customerPort = CustomerPort(
            api: CustomerAPI(compute: compute, resources: ResourceAPI(desk: service)),
            socket: directory.customersSocket, clock: .system, random: .system, logger: logger)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await links.run() }
            group.addTask { await agent.run() }
            group.addTask { await service.runResponses() }
            group.addTask { try await customerPort.run() }
            group.addTask {
                try await service.runCapacity(
                    ClusterOpening.opener(for: directory), filesDirectory: directory.orderFiles)
            }
            group.addTask { try await service.runBatches(filesDirectory: directory.files) }
            group.addTask {
                try await ownerPort.run { logger.notice("serving", metadata: ["port": "\($0)"]) }
            }
            group.addTask {
                for await _ in signals { break }
            }
            // A part that fails ends control, which is started again; a signal ends it for good.
            try await group.next()
            group.cancelAll()
            try? await group.waitForAll()
        }
        await service.applyWhatIsSynced()
        try store.close()
        logger.notice("ended")
    }
}
