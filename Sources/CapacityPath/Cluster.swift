package import Fleet
package import Vocabulary

/// What really runs leases. Implemented by `Clusters` for this machine, for Slurm and in memory;
/// called by control alone.
///
/// Every command is idempotent by its lease, because control may have died between writing down
/// that it will give a command and hearing that it was given: it then gives it again. In
/// particular a lease is started once, however often `start` is called, and never after `stop`.
package protocol Cluster: Sendable {
    var name: ClusterName { get }
    /// How strictly work is kept apart here; probed when the cluster was opened.
    var isolation: Isolation { get }
    /// How long after one call of `leases` the next is worth its cost.
    var leaseInterval: Duration { get }

    /// What nodes there are, and how they are, our own fences aside. Throws `unavailable` while the
    /// cluster does not answer: control then treats nothing as lost until it is silent for longer
    /// than its limit.
    func nodes() async throws(Failure) -> [NodeReport]

    /// What became of the leases that were started here and not yet forgotten. May leave out those
    /// that did not change since the last call of this process; the first call has them all.
    func leases() async throws(Failure) -> [LeaseReport]

    /// Starts work, or does nothing if the lease was started or stopped before.
    func start(_ start: LeaseStart) async throws(Failure)
    /// Tells the work that it will be stopped at the notice's deadline: a signal (`SIGUSR1`), the
    /// file `/workspace/.spillway/notice.json`, and the metadata endpoint where there is one.
    func notify(_ lease: LeaseID, _ notice: Notice) async throws(Failure)
    /// Ends work: `SIGTERM`, then `SIGKILL` after `grace`. Does nothing where it has ended.
    func stop(_ lease: LeaseID, grace: Duration) async throws(Failure)
    /// The lease's end is on record: its process state may go; log and files out stay.
    func forget(_ lease: LeaseID) async throws(Failure)

    /// Keeps everything of ours and of others off a node, or lets it back.
    func fence(_ node: NodeName, reason: String) async throws(Failure)
    func unfence(_ node: NodeName) async throws(Failure)

    /// Sets nodes aside in the engine below for a window, where it has others' work than ours.
    func reserve(_ window: ReservedWindow) async throws(Failure)
    func release(_ reservation: ReservationID) async throws(Failure)

    /// Bytes of what the work printed, standard output and errors in one, from `offset` on; empty
    /// at the end of what there is.
    func log(
        _ lease: LeaseID, rank: Int, from offset: Int64, limit: Int
    ) async throws(Failure)
        -> [UInt8]
    /// Files: `path` is relative to the lease's `/workspace`; no `..`, no way out by a link.
    func readFile(_ lease: LeaseID, path: String) async throws(Failure) -> [UInt8]
    /// Opens a way into a lease that runs: a command there, or a connection to one of its ports.
    func attach(
        _ lease: LeaseID, rank: Int, _ target: AttachTarget
    ) async throws(Failure)
        -> Attachment

    /// Volumes are directories that outlive leases.
    func createVolume(_ volume: VolumeID, quotaMiB: Int64) async throws(Failure)
    func snapshotVolume(_ volume: VolumeID, as snapshot: SnapshotID) async throws(Failure)
    func restoreVolume(_ volume: VolumeID, from snapshot: SnapshotID) async throws(Failure)
    func deleteVolume(_ volume: VolumeID) async throws(Failure)
    func deleteSnapshot(_ snapshot: SnapshotID) async throws(Failure)
    /// Bytes in use.
    func volumeUsage(_ volume: VolumeID) async throws(Failure) -> Int64
}

extension Cluster {
    package var leaseInterval: Duration { .milliseconds(250) }
}

package struct LeaseStart: Hashable, Codable, Sendable {
    package var grant: LeaseGrant
    package var work: WorkSpecification
    /// Seconds after which the cluster itself stops the work, should control not be there; nil: no
    /// limit of its own.
    package var hardLimit: Int64?
    /// Files that the work finds in `/workspace`, by relative path.
    package var files: [String: [UInt8]]
    package var isInternal: Bool
    /// The reservation that it runs in.
    package var within: ReservationID?
    package var arraySize: Int

    package init(
        grant: LeaseGrant, work: WorkSpecification, hardLimit: Int64? = nil,
        files: [String: [UInt8]] = [:], isInternal: Bool = false, within: ReservationID? = nil,
        arraySize: Int = 1
    ) {
        self.grant = grant
        self.work = work
        self.hardLimit = hardLimit
        self.files = files
        self.isInternal = isInternal
        self.within = within
        self.arraySize = arraySize
    }
}

package struct Notice: Hashable, Codable, Sendable {
    package enum Reason: String, Hashable, Codable, Sendable {
        /// The owner's work is entitled to the capacity.
        case reclaimed
        /// The spot price reached its limit, and higher bids take its place.
        case outbid
        case outOfMoney = "out_of_money"
        case reservationEnds = "reservation_ends"
        case nodeDrained = "node_drained"
    }

    package var reason: Reason
    package var givenAt: Instant
    package var deadline: Instant

    package init(reason: Reason, givenAt: Instant, deadline: Instant) {
        self.reason = reason
        self.givenAt = givenAt
        self.deadline = deadline
    }
}

/// A node as its cluster sees it.
package struct NodeReport: Hashable, Codable, Sendable {
    package enum State: String, Hashable, Codable, Sendable { case up, draining, down }

    package var node: NodeName
    package var state: State
    /// The cluster's own words, where it has any.
    package var reason: String?
    package var shape: NodeShape
    /// Accelerators in use by work that is not ours.
    package var foreign: Int

    package init(
        node: NodeName, state: State, reason: String? = nil, shape: NodeShape, foreign: Int = 0
    ) {
        self.node = node
        self.state = state
        self.reason = reason
        self.shape = shape
        self.foreign = foreign
    }
}

/// A lease as its cluster sees it.
package struct LeaseReport: Hashable, Codable, Sendable {
    package enum State: Hashable, Codable, Sendable {
        /// Taken, but its work has not begun.
        case starting
        case running(since: Instant)
        case ended(LeaseEnd)
    }

    package var lease: LeaseID
    package var state: State

    package init(lease: LeaseID, state: State) {
        self.lease = lease
        self.state = state
    }
}

package struct LeaseEnd: Hashable, Codable, Sendable {
    package enum Cause: Hashable, Codable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// By `stop`.
        case stopped
        /// By the cluster's own hard limit.
        case timeLimit
        case outOfMemory
        /// A node died, or the cluster lost the work: our fault.
        case nodeFailed(NodeName?)
        /// It never began: our fault.
        case startFailed(String)
    }

    /// When its work began; nil where it never did.
    package var startedAt: Instant?
    package var endedAt: Instant
    package var cause: Cause

    package init(startedAt: Instant?, endedAt: Instant, cause: Cause) {
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cause = cause
    }
}

package struct ReservedWindow: Hashable, Codable, Sendable {
    package var reservation: ReservationID
    package var nodes: [NodeName]
    package var from: Instant
    package var to: Instant

    package init(reservation: ReservationID, nodes: [NodeName], from: Instant, to: Instant) {
        self.reservation = reservation
        self.nodes = nodes
        self.from = from
        self.to = to
    }
}

package enum AttachTarget: Hashable, Sendable {
    /// With standard input and output, and a terminal of that many columns and rows if given.
    case command([String], terminal: TerminalSize?)
    /// A TCP connection to a port on the work's own loopback address.
    case port(UInt16)
}

package struct TerminalSize: Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// Bytes both ways. Whoever opened it reads `output` to its end and calls `close`.
package struct Attachment: Sendable {
    /// What comes from there; ends when it has ended.
    package let output: AsyncStream<[UInt8]>
    package let send: @Sendable ([UInt8]) async -> Void
    /// No more input.
    package let finishInput: @Sendable () async -> Void
    /// The terminal has another size now; nothing where there is none.
    package let resize: @Sendable (TerminalSize) async -> Void
    /// Ends it at once.
    package let close: @Sendable () async -> Void
    /// The command's exit code, once `output` has ended; 0 for a connection.
    package let exitCode: @Sendable () async -> Int32

    package init(
        output: AsyncStream<[UInt8]>, send: @escaping @Sendable ([UInt8]) async -> Void,
        finishInput: @escaping @Sendable () async -> Void,
        resize: @escaping @Sendable (TerminalSize) async -> Void = { _ in },
        close: @escaping @Sendable () async -> Void,
        exitCode: @escaping @Sendable () async -> Int32
    ) {
        self.output = output
        self.send = send
        self.finishInput = finishInput
        self.resize = resize
        self.close = close
        self.exitCode = exitCode
    }
}

/// What a cluster can keep apart, found by trying.
package struct Isolation: Hashable, Codable, Sendable {
    package enum Boundary: String, Hashable, Codable, Sendable, CaseIterable {
        case files, processes, network, memory, cpu, processCount, disk, devices
    }

    /// What is enforced, and by what: `memory: cgroup v1`.
    package var enforced: [Boundary: String]
    /// What is not, and why.
    package var missing: [Boundary: String]
    /// false as long as something of the above could not be tried.
    package var isKnown: Bool
    /// When what is missing is tried again; nil: not by itself.
    package var nextTry: Instant?

    package init(
        enforced: [Boundary: String], missing: [Boundary: String], isKnown: Bool = true,
        nextTry: Instant? = nil
    ) {
        self.enforced = enforced
        self.missing = missing
        self.isKnown = isKnown
        self.nextTry = nextTry
    }

    /// Nothing was tried yet.
    package static let untried = Isolation(
        enforced: [:],
        missing: Dictionary(
            uniqueKeysWithValues: Boundary.allCases.map { ($0, "it is being tried") }),
        isKnown: false)

    /// Whether somebody else's work may run here.
    package var sufficesForCustomers: Bool { isKnown && missing.isEmpty }

    /// `disk (needs root); memory (…)`; boundaries that lack for the same reason together.
    package var missingWords: String {
        Dictionary(grouping: missing.keys) { missing[$0] ?? "" }
            .mapValues { $0.map(\.rawValue).sorted().joined(separator: ", ") }
            .map { why, names in "\(names) (\(why))" }.sorted().joined(separator: "; ")
    }

    /// How far it is, for whoever waits for it.
    package var sentence: String {
        let again = nextTry.map { "; tried again at \("\($0)".dropFirst(11).prefix(8))" } ?? ""
        if isKnown { return "only for work of ours, for lack of \(missingWords)\(again)" }
        return nextTry == nil
            ? "it is being found out what it keeps apart"
            : "it could not be found out what it keeps apart: \(missingWords)\(again)"
    }
}
