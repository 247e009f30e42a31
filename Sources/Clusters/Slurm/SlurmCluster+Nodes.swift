package import CapacityPath
import Fleet
import Foundation
package import Vocabulary

extension SlurmCluster {
    package func fence(_ node: NodeName, reason: String) async throws(Failure) {
        try await commands.run([
            "scontrol", "update", "NodeName=\(node)", "State=DRAIN",
            "Reason=\(SlurmNode.fenceMark)\(reason)",
        ])
    }

    package func unfence(_ node: NodeName) async throws(Failure) {
        // Slurm refuses to resume a node that was never stopped.
        let found = try await connection.nodes().first { $0.name == node.text }
        guard let found else {
            throw Failure(.notFound, "\(name) has no node \(node).")
        }
        let flags = found.stateFlags ?? []
        guard
            found.state.lowercased() == "down" || flags.contains("DRAIN") || flags.contains("FAIL")
        else { return }
        try await commands.run(["scontrol", "update", "NodeName=\(node)", "State=RESUME"])
    }

    package func reserve(_ window: ReservedWindow) async throws(Failure) {
        let name = "\(window.reservation)"
        if try await hasReservation(name) { return }
        let now = clock.now().seconds
        let from = window.from.seconds
        let to = window.to.seconds + (window.to.microseconds % 1_000_000 > 0 ? 1 : 0)
        guard to > now else {
            throw Failure(.invalidRequest, "The window of \(name) is over.", parameter: "to")
        }
        do throws(Failure) {
            try await commands.run([
                "scontrol", "create", "reservation", "ReservationName=\(name)",
                "Nodes=\(window.nodes.map(\.text).joined(separator: ","))",
                "StartTime=\(from <= now ? "now" : Self.time(from))", "EndTime=\(Self.time(to))",
                "Users=\(declaration.user)", "Flags=IGNORE_JOBS",
            ])
        } catch {
            guard try await hasReservation(name) else { throw error }
        }
    }

    package func release(_ reservation: ReservationID) async throws(Failure) {
        let name = "\(reservation)"
        guard try await hasReservation(name) else { return }
        do throws(Failure) {
            try await commands.run(["scontrol", "delete", "ReservationName=\(name)"])
        } catch {
            guard try await hasReservation(name) else { return }
            guard error.message.contains("in use") else { throw error }
            throw Failure(
                .conflict, "\(name) still has leases in it: stop them first.",
                retry: .after(.seconds(1)))
        }
    }

    private func hasReservation(_ name: String) async throws(Failure) -> Bool {
        let all = try await commands.run(["scontrol", "show", "reservation", "--oneliner"])
        return all.split(separator: "\n").contains { $0.hasPrefix("ReservationName=\(name) ") }
    }

    /// As Slurm's commands read it, in UTC.
    private static func time(_ seconds: Int64) -> String {
        String(Instant(microseconds: seconds * 1_000_000).description.prefix(19))
    }
}
