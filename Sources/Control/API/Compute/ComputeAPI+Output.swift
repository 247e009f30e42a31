import Vocabulary
import Wire

/// What work leaves behind: its output, live or kept, and its files.
extension ComputeAPI {
    /// The longest that a request for news may wait, in seconds.
    static let maximumWait = 30
    /// The most bytes of one answer that is not followed.
    static let maximumLogPart = 1 << 20
    private static let standardLogPart = 256 << 10
    /// The longest path of a file, in bytes.
    static let maximumPath = 1024

    func log(_ call: APICall, for viewer: CapacityViewer) async throws -> APIResponse {
        let query = try call.query(
            "index", "attempt", "rank", "offset", "limit", "wait", "follow")
        let follows =
            try query.value("follow", "true or false") { ["true": true, "false": false][$0] }
            ?? false
        let position = LogPosition(
            index: try query.whole("index", 0...1_000_000) ?? 0,
            attempt: try query.whole("attempt", 1...1_000_000),
            rank: try query.whole("rank", 0...1_000_000) ?? 0,
            offset: try query.value("offset", "a number of bytes") {
                Int64($0).flatMap { $0 >= 0 ? $0 : nil }
            } ?? 0,
            limit: try query.whole("limit", 1...Self.maximumLogPart) ?? Self.standardLogPart)
        let wait = try query.whole("wait", 0...Self.maximumWait) ?? 0
        let id = try orderID(call)
        if follows { return try await followed(id, position, viewer) }
        let deadline = ContinuousClock.now + .seconds(wait)
        var part = try await desk.log(of: id, at: position, viewer: viewer)
        while part.bytes.isEmpty, !part.isLast, ContinuousClock.now < deadline {
            try await Task.sleep(for: pause)
            part = try await desk.log(of: id, at: position, viewer: viewer)
        }
        return response(part, at: position)
    }

    private func response(_ part: LogPart, at position: LogPosition) -> APIResponse {
        APIResponse(
            contentType: "application/octet-stream",
            headers: [
                "x-next-offset": "\(position.offset + Int64(part.bytes.count))",
                "x-log-complete": part.isLast ? "true" : "false",
            ], body: part.bytes)
    }

    /// Everything from an offset on, until nothing more will come.
    private func followed(
        _ id: OrderID, _ position: LogPosition, _ viewer: CapacityViewer
    ) async throws -> APIResponse {
        // The first part is asked for before the answer begins: what is wrong is still an error.
        let first = try await desk.log(of: id, at: position, viewer: viewer)
        var response = APIResponse(contentType: "application/octet-stream", body: first.bytes)
        let follower = LogFollower(position: position, last: first) { [desk, pause] position in
            while true {
                let part = try await desk.log(of: id, at: position, viewer: viewer)
                if part.isLast || !part.bytes.isEmpty { return part }
                try await Task.sleep(for: pause)
            }
        }
        response.stream = APIStream { try await follower.next() }
        return response
    }

    func file(_ call: APICall, for viewer: CapacityViewer) async throws -> APIResponse {
        let query = try call.query("path", "index")
        guard let path = query["path"] else {
            throw Failure(
                .invalidRequest, "Name the file: '?path=out/model.bin', as seen from /workspace.",
                parameter: "path")
        }
        guard OrderForm.isRelativePath(path) else {
            throw Failure(
                .invalidRequest,
                "'\(path)' is not a path below /workspace: leave out a first '/', '.' and '..'.",
                parameter: "path")
        }
        let bytes = try await desk.file(
            of: orderID(call), index: try query.whole("index", 0...1_000_000) ?? 0, path: path,
            viewer: viewer)
        return APIResponse(contentType: "application/octet-stream", body: bytes)
    }
}

/// Where in somebody's output a follower is.
private actor LogFollower {
    private var position: LogPosition
    private var last: LogPart
    private let ask: @Sendable (LogPosition) async throws -> LogPart

    init(
        position: LogPosition, last: LogPart,
        ask: @escaping @Sendable (LogPosition) async throws -> LogPart
    ) {
        self.position = position
        self.last = last
        self.ask = ask
    }

    /// Waits for the bytes that follow those it gave last; nil when there will be none.
    func next() async throws -> [UInt8]? {
        if last.isLast { return nil }
        position.offset += Int64(last.bytes.count)
        last = try await ask(position)
        return last.bytes
    }
}
