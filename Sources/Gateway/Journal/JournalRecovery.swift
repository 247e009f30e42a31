import Foundation
package import Metering
package import Vocabulary

/// Brings a journal whose gateway died to a clean end: what was open is settled at its last
/// checkpoint, then a new epoch begins.
package struct JournalRecovery {
    /// What recovery needs to know from outside: how a request is charged under the price that it
    /// was admitted with.
    package typealias Charge = (OpenedRequest, TokenCounts) -> Money

    package let directory: String

    package init(directory: String) { self.directory = directory }

    package struct Found: Sendable {
        /// Where the journal ends.
        package var end: Int64
        package var gateway: GatewayID?
        package var lastEpoch: Int64
        /// Requests without an end, with what is known to have been delivered.
        package var open: [(opened: OpenedRequest, delivered: TokenCounts?)]
    }

    /// Reads from the last known clean point to the end. A torn last record ends the journal.
    package func find() throws -> Found {
        let mark = RecoveryMark.load(from: directory)
        var reader = JournalReader(directory: directory, position: mark?.offset ?? 0)
        var found = Found(
            end: mark?.offset ?? 0, gateway: mark?.gateway, lastEpoch: mark?.epoch ?? 0, open: [])
        var open: [RequestID: (opened: OpenedRequest, delivered: TokenCounts?)] = [:]
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
                    open[opened.request] = (opened, nil)
                    order.append(opened.request)
                case .checkpoint(let request, let delivered, _):
                    open[request]?.delivered = delivered
                case .settled(let settled):
                    open[settled.opened.request] = nil
                case .returned, .abandoned, nil:
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
package struct RecoveryMark: Codable, Sendable {
    package var gateway: GatewayID
    package var epoch: Int64
    package var offset: Int64

    package init(gateway: GatewayID, epoch: Int64, offset: Int64) {
        self.gateway = gateway
        self.epoch = epoch
        self.offset = offset
    }

    private static let name = "recovery.json"

    package static func load(from directory: String) -> RecoveryMark? {
        let url = URL(fileURLWithPath: directory).appendingPathComponent(name)
        return (try? Data(contentsOf: url)).flatMap {
            try? JSONDecoder().decode(RecoveryMark.self, from: $0)
        }
    }

    package func save(in directory: String) throws {
        let url = URL(fileURLWithPath: directory).appendingPathComponent(Self.name)
        try JSONEncoder().encode(self).write(to: url, options: .atomic)
    }
}
