package import Logging

/// Runs the gateway, control and the engines until it is told to end, and ends them in order: the
/// owner of a ``ShutdownMachine``.
package struct Supervisor: Sendable {
    /// One thing that is kept running. `run` lasts until it has been stopped or killed.
    package struct Part: Sendable {
        package let run: @Sendable () async -> Void
        package let stop: @Sendable () -> Void
        package let kill: @Sendable () -> Void

        package init(
            run: @escaping @Sendable () async -> Void, stop: @escaping @Sendable () -> Void,
            kill: @escaping @Sendable () -> Void
        ) {
            self.run = run
            self.stop = stop
            self.kill = kill
        }

        /// A child that gets `grace` to end by itself.
        package init(_ child: Child, grace: Duration) {
            self.init(
                run: { await child.run() }, stop: { child.stop(grace: grace) },
                kill: { child.kill() })
        }
    }

    private static let rotationPeriod = Duration.seconds(10)

    private let parts: [SupervisedPart: Part]
    private let logDirectory: String
    private let logger: Logger

    /// The children's logs in `logDirectory` are kept from growing without end.
    package init(
        gateway: Part, control: Part, engines: Part, logDirectory: String, logger: Logger
    ) {
        parts = [.gateway: gateway, .control: control, .engines: engines]
        self.logDirectory = logDirectory
        self.logger = logger
    }

    /// Returns when every part has ended. `signals` has an element for each request to end; the
    /// second one means at once.
    package func run(signals: AsyncStream<Void>) async {
        let (events, inbox) = AsyncStream<ShutdownMachine.Event>.makeStream()
        var machine = ShutdownMachine()
        await withDiscardingTaskGroup { group in
            for (name, part) in parts {
                group.addTask {
                    await part.run()
                    inbox.yield(.ended(name))
                }
            }
            group.addTask {
                for await _ in signals { inbox.yield(.signal) }
            }
            group.addTask { await rotateLogs() }
            for await event in events {
                switch machine.handle(event) {
                case .nothing: break
                case .stop(let name):
                    logger.info("ending", metadata: ["part": "\(name.rawValue)"])
                    parts[name]?.stop()
                case .killAll:
                    logger.warning("told twice to end: not waiting for what is under way")
                    for part in parts.values { part.kill() }
                case .finish:
                    group.cancelAll()
                    return
                }
            }
        }
    }

    private func rotateLogs() async {
        while !Task.isCancelled {
            for log in ProcessLog.all(in: logDirectory) {
                do {
                    try log.rotate()
                } catch {
                    logger.warning(
                        "a log file could not be emptied",
                        metadata: ["file": "\(log.path)", "error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.rotationPeriod, clock: .continuous)
        }
    }
}
