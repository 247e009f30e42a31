import Glibc
package import Logging
import Synchronization

/// Keeps one child process running: the owner of a ``ChildMachine``. ``run()`` lasts until the
/// child has been stopped for good; everything else only tells it what to do.
package final class Child: Sendable {
    /// What has become of the child, told on every change.
    package enum Change: Hashable, Sendable {
        case launched
        /// `recently` counts the ends within the policy's window, this one included.
        case exited(how: String, recently: Int)
    }

    private let command: ProcessCommand
    private let policy: RestartPolicy
    private let launcher: ProcessLauncher
    private let logger: Logger
    private let onChange: @Sendable (Change) -> Void
    private let events: AsyncStream<Occurrence>
    private let inbox: AsyncStream<Occurrence>.Continuation
    private let process = Mutex(Process())

    /// The running process, if there is one, and a signal that came while it was being started.
    private struct Process {
        var id: Int32?
        var pendingSignal: Int32?
    }

    private enum Occurrence: Sendable {
        case event(ChildMachine.Event)
        case ended(how: String)
    }

    package init(
        command: ProcessCommand, policy: RestartPolicy = RestartPolicy(),
        launcher: ProcessLauncher, logger: Logger,
        onChange: @escaping @Sendable (Change) -> Void = { _ in }
    ) {
        self.command = command
        self.policy = policy
        self.launcher = launcher
        self.logger = logger
        self.onChange = onChange
        (events, inbox) = AsyncStream.makeStream()
    }

    package func stop(grace: Duration) { inbox.yield(.event(.stop(grace: grace))) }

    package func kill() { inbox.yield(.event(.kill)) }

    /// Ends the process by force; it is started again.
    package func replace() { inbox.yield(.event(.replace)) }

    package var processID: Int32? { process.withLock { $0.id } }

    package func run() async {
        let begin = ContinuousClock.now
        var machine = ChildMachine(policy: policy)
        inbox.yield(.event(.start))
        await withDiscardingTaskGroup { group in
            for await occurrence in events {
                let now = ContinuousClock.now - begin
                let event: ChildMachine.Event
                var how: String?
                switch occurrence {
                case .event(let told): event = told
                case .ended(let words): (event, how) = (.exited, words)
                }
                let action = machine.handle(event, at: now)
                if let how { tell(how, then: action, recently: machine.recentExits(at: now)) }
                switch action {
                case .nothing: break
                case .launch: group.addTask { await self.launch() }
                case .terminate(let delay):
                    signal(SIGTERM)
                    group.addTask { await self.wake(after: delay) }
                case .kill: signal(SIGKILL)
                case .wake(let delay): group.addTask { await self.wake(after: delay) }
                case .finish:
                    group.cancelAll()
                    return
                }
            }
        }
    }

    private func launch() async {
        let how = await launcher.run(command) { started in
            process.withLock { process in
                process.id = started
                if let signal = process.pendingSignal { _ = Glibc.kill(started, signal) }
            }
            onChange(.launched)
        }
        process.withLock { $0 = Process() }
        inbox.yield(.ended(how: how))
    }

    private func wake(after delay: Duration) async {
        try? await Task.sleep(for: delay, clock: .continuous)
        inbox.yield(.event(.timer))
    }

    /// Sent under the lock, so that it cannot reach a process that was started after this decision.
    private func signal(_ number: Int32) {
        process.withLock { process in
            if let id = process.id {
                _ = Glibc.kill(id, number)
            } else {
                process.pendingSignal = number
            }
        }
    }

    private func tell(_ how: String, then action: ChildMachine.Action, recently: Int) {
        onChange(.exited(how: how, recently: recently))
        if case .wake(let delay) = action {
            logger.error(
                "a child ended and is started again",
                metadata: [
                    "child": "\(command.label)", "end": "\(how)", "wait": "\(delay)",
                    "recent_ends": "\(recently)",
                ])
        }
    }
}
