package import CapacityPath
package import Fleet
import Foundation
package import Vocabulary
import Wire

/// What work is given and what it leaves behind: files, output, a way in.
extension ControlService {
    // MARK: Files in

    /// Files of an order are kept as files until it has ended: they are too large for the records.
    func keepFiles(_ files: [String: [UInt8]], of order: OrderID) throws {
        guard !files.isEmpty else { return }
        guard let directory = filesDirectory(of: order) else {
            throw Failure(.unavailable, "Files cannot be kept yet. Try again in a moment.")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let encoded = try JSONEncoder().encode(files.mapValues { Data($0) })
            try DurableFile.replace(directory + "/files.json", with: Array(encoded))
        } catch {
            throw Failure(
                .unavailable, "The files could not be kept: \(error). Nothing was ordered.")
        }
    }

    func dropFiles(of order: OrderID) {
        guard let directory = filesDirectory(of: order) else { return }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func filesDirectory(of order: OrderID) -> String? {
        rental.filesDirectory.map { "\($0)/\(order)" }
    }

    /// What a cluster needs to start a lease; nil where the lease needs no start any more.
    package func leaseStart(_ grant: LeaseGrant) throws(Failure) -> LeaseStart? {
        guard let lease = rental.path.lease(grant.lease, at: clock.now()), lease.phase == .starting,
            var start = rental.path.leaseStart(for: grant)
        else { return nil }
        guard let directory = filesDirectory(of: grant.order),
            let data = FileManager.default.contents(atPath: directory + "/files.json")
        else { return start }
        do {
            start.files = try JSONDecoder().decode([String: Data].self, from: data)
                .mapValues { Array($0) }
        } catch {
            throw Failure(.internalError, "The order's files cannot be read: \(error)")
        }
        return start
    }

    // MARK: Output

    package func log(
        of id: OrderID, at position: LogPosition, viewer: CapacityViewer
    ) async throws -> LogPart {
        let body = try await order(id, viewer: viewer)
        let runs = body.runs.filter { $0.index == position.index }
        let run =
            if let attempt = position.attempt {
                runs.first { $0.attempt == attempt }
            } else {
                runs.last
            }
        guard let run else {
            if position.attempt != nil || body.state.isFinal {
                if body.state.isFinal, position.attempt == nil {
                    return LogPart(bytes: [], isLast: true)
                }
                throw Failure(.notFound, "\(id) has no such start yet.")
            }
            return LogPart(bytes: [], isLast: false)
        }
        try requireWorkOfItsOwn(id)
        guard position.rank < run.nodes.count else {
            throw Failure(
                .notFound, "\(id) has \(run.nodes.count) nodes; ranks begin at 0.",
                parameter: "rank")
        }
        let bytes = try await cluster(ofPool: body.pool).log(
            run.lease, rank: position.rank, from: position.offset, limit: position.limit)
        let hasEnded = run.state.isFinal && body.state.isFinal
        return LogPart(bytes: bytes, isLast: bytes.isEmpty && hasEnded)
    }

    package func file(
        of id: OrderID, index: Int, path: String, viewer: CapacityViewer
    ) async throws -> [UInt8] {
        let body = try await order(id, viewer: viewer)
        guard let run = body.runs.last(where: { $0.index == index }) else {
            throw Failure(.notFound, "\(id) has not started, so it has left no files.")
        }
        return try await cluster(ofPool: body.pool).readFile(run.lease, path: path)
    }

    package func attach(
        to id: InstanceID, rank: Int, target: AttachTarget, viewer: CapacityViewer
    ) async throws -> Attachment {
        let body = try await order(.instance(id), viewer: viewer)
        try requireWorkOfItsOwn(.instance(id))
        guard let run = body.runs.last(where: { $0.state == .running || $0.state == .ending })
        else {
            throw Failure(
                .conflict,
                "\(id) does not run now; it is \(body.state.rawValue)"
                    + (body.reason.map { ": \($0)" } ?? "") + ".")
        }
        return try await cluster(ofPool: body.pool).attach(run.lease, rank: rank, target)
    }

    /// An engine is no work that somebody sent: it is looked after as a model.
    private func requireWorkOfItsOwn(_ id: OrderID) throws(Failure) {
        guard let order = rental.path.order(id, at: clock.now())?.order, order.replica != nil,
            case .instance(let work) = order.content
        else { return }
        throw Failure(
            .conflict,
            "\(id) is the engine of the model '\(work.name)': 'spillway model list' says how it is."
        )
    }

    private func cluster(ofPool name: PoolName) throws(Failure) -> any Cluster {
        guard let pool = rental.path.pool(name)?.declaration else {
            throw Failure(.notFound, "The pool \(name) is no longer there.")
        }
        return try cluster(pool.cluster)
    }
}
