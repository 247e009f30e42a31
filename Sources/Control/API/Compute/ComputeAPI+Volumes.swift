import Vocabulary
import Wire

extension ComputeAPI {
    func volumes(_ call: APICall, for viewer: CapacityViewer) async throws -> APIResponse {
        switch call.route {
        case .volumeCreate:
            let body = try call.body(VolumeCreateBody.self)
            try OrderForm.check(body)
            let volume = try await desk.createVolume(
                body, project: payer(viewer).project(body.project), viewer: viewer,
                idempotency: call.idempotency)
            return try .json(volume, status: 201)
        case .volumeList:
            let query = try call.query("project", "deleted", "after", "limit")
            let wanted = VolumeQuery(
                project: try project(query, viewer),
                includesDeleted: try query.value("deleted", "true or false") {
                    ["true": true, "false": false][$0]
                } ?? false,
                after: try query.identifier("after", of: StorageVolume.self),
                limit: try query.pageLimit())
            return try .json(try await desk.volumes(wanted, viewer: viewer))
        default:
            return try await volume(call, for: viewer)
        }
    }

    private func volume(
        _ call: APICall, for viewer: CapacityViewer
    ) async throws -> APIResponse {
        let id = try call.identifier("volume", of: StorageVolume.self)
        switch call.route {
        case .volumeDelete:
            return try .json(
                try await desk.deleteVolume(id, viewer: viewer, idempotency: call.idempotency))
        case .volumeUndelete:
            return try .json(
                try await desk.undeleteVolume(id, viewer: viewer, idempotency: call.idempotency))
        case .volumeSnapshot:
            let snapshot = try await desk.snapshotVolume(
                id, viewer: viewer, idempotency: call.idempotency)
            return try .json(snapshot, status: 201)
        case .snapshotList: return try .json(try await desk.snapshots(of: id, viewer: viewer))
        case .volumeRestore:
            let body = try call.body(VolumeRestoreBody.self)
            return try .json(
                try await desk.restoreVolume(
                    id, from: body.snapshot, viewer: viewer, idempotency: call.idempotency))
        default: return try .json(try await desk.volume(id, viewer: viewer))
        }
    }
}
