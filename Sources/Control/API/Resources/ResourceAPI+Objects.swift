import Foundation
package import Records
package import Vocabulary
package import Wire

/// A project's objects: what Bedrock's batch jobs read and write.
package protocol ObjectDesk: Sendable {
    func putObject(
        _ address: ObjectAddress, of project: ProjectID, bytes: [UInt8],
        if condition: ObjectCondition
    ) async throws -> FileRow
    /// - Throws: `notFound`.
    func object(_ address: ObjectAddress, of project: ProjectID) async throws -> FileRow
    /// In the order of their names.
    func objects(of project: ProjectID) async throws -> [FileRow]
    func removeObjects(
        _ addresses: [ObjectAddress], of project: ProjectID, if condition: ObjectCondition
    ) async throws

    func beginUpload(_ address: ObjectAddress, of project: ProjectID) async throws -> FileID
    func putPart(
        _ number: Int, of upload: FileID, _ address: ObjectAddress, of project: ProjectID,
        bytes: [UInt8]
    ) async throws -> FileRow
    func completeUpload(
        _ upload: FileID, parts: [(number: Int, tag: String?)], _ address: ObjectAddress,
        of project: ProjectID, if condition: ObjectCondition
    ) async throws -> FileRow
    func dropUpload(
        _ upload: FileID, _ address: ObjectAddress, of project: ProjectID
    ) async throws
}

/// S3's operations on objects, path style. A bucket is a name and no more: nobody has to make one.
extension ResourceAPI {
    func objects(_ call: ResourceCall) async throws -> APIResponse {
        do {
            return try await answer(call)
        } catch let failure as Failure where failure.parameter == ObjectCondition.parameter {
            return Self.failure(failure, "PreconditionFailed", status: 412, call)
        }
    }

    private func answer(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        try Self.refuseOthers(in: query)
        let project = call.identity.project
        switch call.operation {
        case .listBuckets: return .xml(try await buckets(of: project))
        case .createBucket:
            let bucket = try Self.bucket(call).bucket
            return .empty(status: 200, ["location": "/" + bucket])
        case .deleteBucket: return try await deleteBucket(call)
        case .listObjects: return try await listObjects(call, query)
        case .deleteObjects: return try await deleteObjects(call, query)
        case .putObject: return try await put(call, query)
        case .deleteObject:
            if let upload = query["uploadId"] {
                try await desk.dropUpload(
                    try Self.upload(upload), try Self.address(call), of: project)
            } else {
                try await desk.removeObjects(
                    [try Self.address(call)], of: project, if: Self.condition(call))
            }
            return .empty(status: 204)
        case .uploadInParts: return try await uploadInParts(call, query)
        default:
            guard query["uploadId"] == nil else {
                throw Failure(
                    .unsupported, "Parts of an upload are not listed here.",
                    parameter: "ListParts")
            }
            return try await get(call)
        }
    }

    /// Names in the query that mean something here, or nothing to the answer.
    private static let understood: Set<String> = [
        "bucket-region", "continuation-token", "delete", "delimiter", "encoding-type",
        "fetch-owner", "list-type",
        "location", "marker", "max-buckets", "max-keys", "partNumber", "prefix", "start-after",
        "uploadId",
        "uploads", "x-amz-checksum-mode", "x-amz-sdk-checksum-algorithm", "x-amz-user-agent",
        "x-id",
    ]

    /// What S3 keeps beside an object or a bucket is not kept here, and must not seem to be.
    private static func refuseOthers(in query: [String: String]) throws(Failure) {
        let other = query.keys.sorted().first { !understood.contains($0) }
        if let other {
            throw Failure(
                .unsupported, "'\(other)' is not offered: objects are kept here for batch jobs.",
                parameter: other)
        }
    }

    private static func bucket(_ call: ResourceCall) throws(Failure) -> ObjectAddress {
        try ObjectAddress(bucket: call.text("bucket"))
    }

    private static func address(_ call: ResourceCall) throws(Failure) -> ObjectAddress {
        try ObjectAddress(bucket: call.text("bucket"), key: call.text("key"))
    }

    private static func upload(_ text: String) throws(Failure) -> FileID {
        guard let id = FileID(text) else {
            throw Failure(
                .notFound, "The specified upload does not exist.", parameter: "uploadId")
        }
        return id
    }

    // MARK: Buckets

    private func buckets(of project: ProjectID) async throws -> [UInt8] {
        var since: [String: Instant] = [:]
        for row in try await desk.objects(of: project) {
            let bucket = String(row.name.prefix { $0 != "/" })
            since[bucket] = min(since[bucket] ?? row.createdAt, row.createdAt)
        }
        return ObjectBodies.buckets(
            since.sorted { $0.key < $1.key }.map { (name: $0.key, since: $0.value) },
            of: "\(project)")
    }

    private func deleteBucket(_ call: ResourceCall) async throws -> APIResponse {
        let inside = try Self.bucket(call).name
        let all = try await desk.objects(of: call.identity.project)
        guard !all.contains(where: { $0.name.utf8.starts(with: inside.utf8) }) else {
            throw Failure(
                .conflict, "The bucket you tried to delete is not empty. Delete its objects first.",
                parameter: "Bucket")
        }
        return .empty(status: 204)
    }

    private func listObjects(
        _ call: ResourceCall, _ query: [String: String]
    ) async throws -> APIResponse {
        let bucket = try Self.bucket(call)
        if call.request.method == "HEAD" { return .empty(status: 200, Self.region) }
        if query["location"] != nil { return .xml(ObjectBodies.location) }
        guard query["uploads"] == nil else {
            throw Failure(
                .unsupported, "Uploads in parts are not listed here.", parameter: "uploads")
        }
        let isVersion2 = query["list-type"] == "2"
        let after =
            isVersion2
            ? try query["continuation-token"].map(ObjectListBody.name(ofToken:))
                ?? query["start-after"] : query["marker"]
        guard (query["delimiter"] ?? "").utf8.count <= Self.longestDelimiter else {
            throw Failure(
                .invalidRequest, "A delimiter has \(Self.longestDelimiter) bytes at most.",
                parameter: "delimiter")
        }
        var list = ObjectListBody(
            bucket: bucket.bucket, prefix: query["prefix"] ?? "", delimiter: query["delimiter"],
            limit: min(1000, try call.whole("max-keys", 0...Int(Int32.max), in: query) ?? 1000),
            after: after, isVersion2: isVersion2, encodesNames: query["encoding-type"] == "url")
        list.fill(
            from: try await desk.objects(of: call.identity.project)
                .filter { $0.name.utf8.starts(with: bucket.name.utf8) }
                .map {
                    ObjectSummary(
                        key: String($0.name.utf8.dropFirst(bucket.name.utf8.count)) ?? "",
                        bytes: $0.bytes, modifiedAt: $0.createdAt,
                        tag: ObjectBodies.tag(of: $0.id))
                })
        return .xml(list.document)
    }

    private static let longestDelimiter = 64
    private static let region = ["x-amz-bucket-region": "us-east-1"]

    private func deleteObjects(
        _ call: ResourceCall, _ query: [String: String]
    ) async throws -> APIResponse {
        let bucket = try Self.bucket(call).bucket
        guard query["delete"] != nil else {
            throw Failure(.unsupported, "Of a bucket's POSTs only '?delete' is offered.")
        }
        let elements = XMLElements(try Self.content(call))
        guard elements.texts(of: "ETag", upTo: 0) != nil else {
            throw Failure(
                .unsupported, "'ETag' is not offered in a list: delete objects one by one.",
                parameter: "ETag")
        }
        guard let keys = elements.texts(of: "Key", upTo: 1000), !keys.isEmpty else {
            throw Failure(.invalidRequest, "A list of 1 to 1000 keys is expected.")
        }
        try await desk.removeObjects(
            try keys.map { try ObjectAddress(bucket: bucket, key: $0) },
            of: call.identity.project, if: ObjectCondition(match: nil, noneMatch: nil))
        return .xml(ObjectBodies.deleted(keys))
    }

    // MARK: Objects

    private func put(
        _ call: ResourceCall, _ query: [String: String]
    ) async throws -> APIResponse {
        let address = try Self.address(call)
        guard call.header("x-amz-copy-source") == nil else {
            throw Failure(
                .unsupported, "Objects are not copied here: get one, and put it again.",
                parameter: "x-amz-copy-source")
        }
        let bytes = try Self.content(call)
        let project = call.identity.project
        let row: FileRow
        if let upload = query["uploadId"] {
            guard let number = try call.whole("partNumber", 1...10_000, in: query) else {
                throw Failure(
                    .invalidRequest, "'partNumber' is missing.", parameter: "partNumber")
            }
            row = try await desk.putPart(
                number, of: try Self.upload(upload), address, of: project, bytes: bytes)
        } else {
            guard query["partNumber"] == nil else {
                throw Failure(
                    .invalidRequest, "'partNumber' stands without 'uploadId'.",
                    parameter: "partNumber")
            }
            row = try await desk.putObject(
                address, of: project, bytes: bytes, if: Self.condition(call))
        }
        var response = APIResponse.empty(status: 200, Self.headers(of: row))
        if let checksum = call.header("x-amz-checksum-crc32") {
            response.headers["x-amz-checksum-crc32"] = checksum
        }
        return response
    }

    private static func content(_ call: ResourceCall) throws(Failure) -> [UInt8] {
        try ObjectUpload.content(
            of: call.request.body, digest: call.header("x-amz-content-sha256"),
            checksum: call.header("x-amz-checksum-crc32"))
    }

    private static func condition(_ call: ResourceCall) -> ObjectCondition {
        ObjectCondition(match: call.header("if-match"), noneMatch: call.header("if-none-match"))
    }

    private func uploadInParts(
        _ call: ResourceCall, _ query: [String: String]
    ) async throws -> APIResponse {
        let address = try Self.address(call)
        let project = call.identity.project
        if query["uploads"] != nil {
            let id = try await desk.beginUpload(address, of: project)
            return .xml(ObjectBodies.upload("\(id)", of: address))
        }
        guard let upload = query["uploadId"] else {
            throw Failure(
                .unsupported, "Of an object's POSTs '?uploads' and '?uploadId' are offered.")
        }
        let elements = XMLElements(try Self.content(call))
        let numbers = elements.texts(of: "PartNumber", upTo: 10_000)?.map { Int($0) ?? 0 } ?? []
        let tags =
            elements.texts(of: "ETag", upTo: 10_000)?.map { $0.filter { $0 != "\"" } } ?? []
        guard zip(numbers, numbers.dropFirst()).allSatisfy(<),
            tags.isEmpty || tags.count == numbers.count
        else {
            throw Failure(
                .invalidRequest, "The list of parts was not in ascending order, or not whole.")
        }
        let row = try await desk.completeUpload(
            try Self.upload(upload),
            parts: numbers.indices.map {
                (number: numbers[$0], tag: tags.isEmpty ? nil : tags[$0])
            }, address, of: project, if: Self.condition(call))
        return .xml(ObjectBodies.completed(ObjectBodies.tag(of: row.id), of: address))
    }

    private func get(_ call: ResourceCall) async throws -> APIResponse {
        let row = try await desk.object(try Self.address(call), of: call.identity.project)
        switch Self.condition(call).mismatch(ObjectBodies.tag(of: row.id)) {
        case .failed: throw ObjectCondition.failure
        case .notModified: return .empty(status: 304, Self.headers(of: row))
        case nil: break
        }
        var bytes = 0..<row.bytes
        var status = 200
        var headers = Self.headers(of: row)
        headers["accept-ranges"] = "bytes"
        switch ByteRange(call.header("range"), of: row.bytes) {
        case .whole: break
        case .part(let range):
            bytes = range
            status = 206
            headers["content-range"] =
                "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(row.bytes)"
        case .unsatisfiable:
            var response = Self.failure(
                Failure(.invalidRequest, "The requested range is not satisfiable."),
                "InvalidRange", status: 416, call)
            response.headers["content-range"] = "bytes */\(row.bytes)"
            return response
        }
        headers["content-length"] = "\(bytes.count)"
        var response = APIResponse.empty(status: status, headers)
        response.contentType = "binary/octet-stream"
        if call.request.method != "HEAD" {
            response.stream = try .file(at: try await desk.path(of: row), bytes: bytes)
        }
        return response
    }

    /// Where HTTP has a status of its own.
    private static func failure(
        _ failure: Failure, _ name: String, status: Int, _ call: ResourceCall
    ) -> APIResponse {
        var response = APIResponse.xml(
            ObjectStoreForm.error(
                failure, exception: name, requestID: call.header("x-request-id") ?? ""))
        response.status = status
        return response
    }

    private static func headers(of row: FileRow) -> [String: String] {
        var headers = [
            "etag": "\"\(ObjectBodies.tag(of: row.id))\"",
            "last-modified": HTTPDate.text(row.createdAt),
        ]
        if let end = row.expiresAt {
            headers["x-amz-expiration"] =
                "expiry-date=\"\(HTTPDate.text(end))\", rule-id=\"kept-for-so-long\""
        }
        return headers
    }
}

extension APIResponse {
    fileprivate static func xml(_ document: [UInt8]) -> APIResponse {
        APIResponse(contentType: ObjectStoreForm.errorContentType, body: document)
    }

    fileprivate static func empty(
        status: Int, _ headers: [String: String] = [:]
    ) -> APIResponse {
        APIResponse(
            status: status, contentType: ObjectStoreForm.errorContentType, headers: headers,
            body: [])
    }
}
