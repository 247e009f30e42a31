import Foundation
import Metering
import Vocabulary

/// Brings a journal whose gateway died to a clean end: what was open is settled at its last
/// checkpoint, then a new epoch begins.
struct JournalRecovery {
    let directory: String

    init(directory: String) { self.directory = directory }

    struct Found: Sendable {
        /// Where the journal ends.
        var end: Int64
        /// Where the next recovery may begin, should nothing follow.
        var cleanOffset: Int64
        var gateway: GatewayID?
        var lastEpoch: Int64
        /// Requests without an end, with what is known to have been delivered.
        var open: [Open]
    }

    struct Open: Sendable {
        var opened: OpenedRequest
        /// As of its last checkpoint; nil: nothing was delivered.
        var delivered: TokenCounts?
    }

    /// Reads from the last known clean point to the end. A torn last record ends the journal.
    func find() throws -> Found {
        let mark = RecoveryMark.load(from: directory)
        var reader = JournalReader(directory: directory, position: mark?.offset ?? 0)
        var found = Found(
            end: mark?.offset ?? 0, cleanOffset: mark?.offset ?? 0, gateway: mark?.gateway,
            lastEpoch: mark?.epoch ?? 0, open: [])
        var open: [RequestID: Open] = [:]
        var order: [RequestID] = []
        while true {
            let entries = try reader.read(limit: 4096, tornTailEnds: true)
            if entries.isEmpty { break }
            for entry in entries {
                found.end = entry.end
                switch entry.record {
                case .epoch(let gateway, let epoch, _):
                    found.gateway = gateway
                    found.lastEpoch = max(found.lastEpoch, epoch)
                case .opened(let opened):
                    open[opened.request] = Open(opened: opened, delivered: nil)
                    order.append(opened.request)
                case .checkpoint(let request, let delivered, _):
                    open[request]?.delivered = delivered
                case .settled(let settled):
                    open[settled.opened.request] = nil
                case .returned, .abandoned, .answerPart, .lineRefused, nil:
                    break
                }
            }
        }
        found.open = order.compactMap { open[$0] }
        return found
    }
}

/// Where recovery may begin: every request opened before it has ended. Kept beside the segments and
/// replaced as a whole.
struct RecoveryMark: Codable, Sendable {
    var gateway: GatewayID
    var epoch: Int64
    var offset: Int64

    init(gateway: GatewayID, epoch: Int64, offset: Int64) {
        self.gateway = gateway
        self.epoch = epoch
        self.offset = offset
    }

    private static let name = "recovery.json"

    static func load(from directory: String) -> RecoveryMark? {
        let url = URL(fileURLWithPath: directory).appendingPathComponent(name)
        return (try? Data(contentsOf: url)).flatMap {
            try? JSONDecoder().decode(RecoveryMark.self, from: $0)
        }
    }

    /// On stable storage when this returns. A mark that a power cut takes back is an older one, or
    /// none: recovery then reads more.
    func save(in directory: String) throws {
        try DurableFile.replace(
            directory + "/" + Self.name, with: Array(JSONEncoder().encode(self)))
    }
}
