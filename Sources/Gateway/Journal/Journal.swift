import Foundation
import Glibc
import Metering
import Synchronization
import Vocabulary

/// Who is told that what it wrote is on stable storage.
enum JournalWaiter: Sendable {
    /// A connection on the event loop with this index: the server hands all that wait on one loop
    /// over in one hop.
    case connection(loop: Int, ConnectionTicket)
    case thread(DispatchSemaphore)
}

/// The gateway's journal: appended to by all event loops, synced by one thread in groups.
///
/// - ``append(_:)`` writes into the page cache at once: it survives the death of the process.
/// - ``appendSynced(_:notifying:)`` also asks for a sync; the waiter is told when it is done.
///
/// A disk that fails ends the process: a gateway that cannot write down what it sold must not sell.
final class Journal: Sendable {
    private struct Pending: Sendable {
        var bytes: [UInt8] = []
        var waiters: [JournalWaiter] = []
        var wantsSync = false
    }

    private struct State {
        var segment: SegmentFile
        /// Where the next record goes, counting what is pending.
        var position: Int64
        /// Records in memory that follow what has been written.
        var pending = Pending()
        /// A full segment that still has to be synced and closed, and the directory with it.
        var retired: [SegmentFile] = []
        var isPrepared = false
        /// The first record of each request that is open, to know where recovery has to begin.
        var openOffsets: [RequestID: Int64] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>
    private let wake = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let isAwake = Atomic<Bool>(false)
    private let syncedOffset: Atomic<Int64>
    let directory: String
    /// Told on the sync thread who waited, after each sync.
    private let onSync: @Sendable ([JournalWaiter]) -> Void

    /// Opens the journal for appending at `position`; what lies behind it is cleared. A power cut
    /// may have kept a later segment and lost the end of this one: it is set aside first, or
    /// it would be read as what follows.
    init(
        directory: String, position: Int64, onSync: @escaping @Sendable ([JournalWaiter]) -> Void
    ) throws(Failure) {
        self.directory = directory
        self.onSync = onSync
        let segment = try SegmentFile.open(
            start: JournalLayout.segmentStart(of: position), in: directory)
        try SegmentFile.setAsideLater(than: segment.start, in: directory)
        try SegmentFile.syncDirectory(directory)
        try segment.clear(from: position)
        self.syncedOffset = Atomic(position)
        self.state = Mutex(State(segment: segment, position: position))
        let thread = Thread { [self] in run() }
        thread.name = "journal"
        thread.start()
    }

    /// Records before this offset are on stable storage.
    var synced: Int64 { syncedOffset.load(ordering: .acquiring) }

    /// Where recovery has to begin reading: the first record of the oldest open request.
    var recoveryOffset: Int64 {
        state.withLock { state in
            state.openOffsets.values.min() ?? state.position
        }
    }

    /// Writes a record into the page cache.
    func append(_ record: JournalRecord) {
        let bytes = JournalCodec.encode(record)
        state.withLock { state in
            add(bytes, of: record, to: &state)
            writePending(&state)
        }
    }

    /// Appends a record to the next group and tells `waiter` when it is on stable storage.
    func appendSynced(_ record: JournalRecord, notifying waiter: JournalWaiter? = nil) {
        let bytes = JournalCodec.encode(record)
        state.withLock { state in
            add(bytes, of: record, to: &state)
            if let waiter { state.pending.waiters.append(waiter) }
            state.pending.wantsSync = true
        }
        wakeThread()
    }

    /// Where the next record goes.
    var position: Int64 { state.withLock { $0.position } }

    /// Asks for a sync of all that has been appended.
    func requestSync() {
        state.withLock { $0.pending.wantsSync = true }
        wakeThread()
    }

    /// Appends a record and waits until it is on stable storage. Not for event loops.
    func appendAndWait(_ record: JournalRecord) {
        let done = DispatchSemaphore(value: 0)
        appendSynced(record, notifying: .thread(done))
        done.wait()
    }

    /// Syncs what there is and ends the thread.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeThread()
        finished.wait()
    }

    // MARK: Appending, under the lock

    private func add(_ bytes: [UInt8], of record: JournalRecord, to state: inout State) {
        if state.position + Int64(bytes.count) + Int64(JournalCodec.headerBytes) > state.segment.end
        {
            writePending(&state)
            switchSegment(&state)
        }
        switch record {
        case .opened(let opened): state.openOffsets[opened.request] = state.position
        case .settled(let settled) where settled.opened.streaming:
            state.openOffsets[settled.opened.request] = nil
        default: break
        }
        state.pending.bytes += bytes
        state.position += Int64(bytes.count)
    }

    private func writePending(_ state: inout State) {
        guard !state.pending.bytes.isEmpty else { return }
        let offset = state.position - Int64(state.pending.bytes.count)
        let segment = state.segment
        let bytes = state.pending.bytes
        orDie { () throws(Failure) in try segment.write(bytes[...], at: offset) }
        state.pending.bytes.removeAll(keepingCapacity: true)
    }

    private func switchSegment(_ state: inout State) {
        let start = state.segment.end
        state.retired.append(state.segment)
        let isPrepared = state.isPrepared
        // The sync thread may be filling its own file just now: never the same one.
        let prepared =
            directory + "/" + (isPrepared ? Self.preparedName : Self.hurriedName)
        state.segment = orDie { () throws(Failure) in
            if !isPrepared { try SegmentFile.prepare(at: prepared) }
            return try SegmentFile.adopt(prepared, start: start, in: directory)
        }
        state.isPrepared = false
        state.position = start
    }

    // MARK: The sync thread

    private static let preparedName = "next.prepared"
    private static let hurriedName = "next.hurried"
    /// When the last group had at least so many that waited, the next one is given a moment to
    /// gather: under load a sync then pays for more answers. (PostgreSQL knows the same as
    /// `commit_siblings` and `commit_delay`.)
    private static let gatheringThreshold = 4
    private static let gatheringMicroseconds: UInt32 = 1000

    private func wakeThread() {
        if !isAwake.exchange(true, ordering: .acquiringAndReleasing) { wake.signal() }
    }

    private func run() {
        var lastWaited = 0
        while true {
            wake.wait()
            isAwake.store(false, ordering: .sequentiallyConsistent)
            var isClosed = false
            while !isClosed {
                if lastWaited >= Self.gatheringThreshold { usleep(Self.gatheringMicroseconds) }
                let (waiters, retired, segment, position, wantsSync, closed) = state.withLock {
                    state in
                    writePending(&state)
                    defer {
                        state.pending.waiters = []
                        state.pending.wantsSync = false
                        state.retired = []
                    }
                    return (
                        state.pending.waiters, state.retired, state.segment, state.position,
                        state.pending.wantsSync || state.isClosed, state.isClosed
                    )
                }
                isClosed = closed
                guard wantsSync else { break }
                sync(segment, retired: retired)
                syncedOffset.store(position, ordering: .releasing)
                lastWaited = waiters.count
                for case .thread(let done) in waiters { done.signal() }
                onSync(waiters)
                prepareNextSegment()
            }
            if isClosed {
                finished.signal()
                return
            }
        }
    }

    private func sync(_ segment: SegmentFile, retired: [SegmentFile]) {
        for old in retired {
            syncOrDie(old)
            Glibc.close(old.descriptor)
        }
        if !retired.isEmpty {
            orDie { () throws(Failure) in try SegmentFile.syncDirectory(directory) }
        }
        syncOrDie(segment)
    }

    private func syncOrDie(_ segment: SegmentFile) {
        orDie { () throws(Failure) in
            guard fdatasync(segment.descriptor) == 0 else {
                throw SegmentFile.failure("sync", directory)
            }
        }
    }

    /// Makes the next segment's file in good time, beside the hot path.
    private func prepareNextSegment() {
        let isDue = state.withLock { state in
            !state.isPrepared
                && state.position > state.segment.start + JournalLayout.segmentBytes / 2
        }
        guard isDue else { return }
        let path = directory + "/" + Self.preparedName
        orDie { () throws(Failure) in try SegmentFile.prepare(at: path) }
        state.withLock { $0.isPrepared = true }
    }

    private func orDie<Value>(_ body: () throws(Failure) -> Value) -> Value {
        do {
            return try body()
        } catch {
            FileHandle.standardError.write(Data("\(error.message)\n".utf8))
            exit(1)
        }
    }
}
