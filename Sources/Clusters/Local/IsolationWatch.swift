import CapacityPath
import Synchronization
import Vocabulary

/// Keeps what is known of this machine's isolation, and has it tried until that is certain.
final class IsolationWatch: Sendable {
    private let standing: Mutex<IsolationStanding>
    private let trials = Mutex<Task<Void, Never>?>(nil)

    init(_ isolation: Isolation) { standing = Mutex(IsolationStanding(isolation)) }

    deinit { trials.withLock { $0?.cancel() } }

    var isolation: Isolation { standing.withLock { $0.isolation } }

    /// Tries in the background, now and again.
    func begin(_ probe: IsolationProbe) {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                guard let finding = try? await Blocking.run({ () throws(Failure) in probe.run() }),
                    let delay = self?.take(finding, probe)
                else { return }
                try? await Task.sleep(for: delay)
            }
        }
        trials.withLock { $0 = task }
    }

    private func take(_ finding: IsolationFinding, _ probe: IsolationProbe) -> Duration? {
        let delay = standing.withLock { $0.take(finding, at: probe.place.clock.now()) }
        if delay == nil { probe.remember(finding.isolation) }
        return delay
    }
}
