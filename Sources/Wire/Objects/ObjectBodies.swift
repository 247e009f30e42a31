package import Vocabulary

/// One object in a list.
package struct ObjectSummary: Hashable, Sendable {
    package var key: String
    package var bytes: Int64
    package var modifiedAt: Instant
    /// Opaque; differs when the bytes do.
    package var tag: String

    package init(key: String, bytes: Int64, modifiedAt: Instant, tag: String) {
        self.key = key
        self.bytes = bytes
        self.modifiedAt = modifiedAt
        self.tag = tag
    }
}

/// A page of a bucket's objects, as ListObjects and ListObjectsV2 answer.
package struct ObjectListBody: Sendable {
    package var bucket: String
    package var prefix: String
    package var delimiter: String?
    package var limit: Int
    /// What follows this name was asked for.
    package var after: String?
    package var isVersion2: Bool
    /// Names are percent-encoded on the client's wish: XML cannot say all of them.
    package var encodesNames: Bool
    package var objects: [ObjectSummary] = []
    package var folders: [String] = []
    /// Where the next page begins; nil: this is the last.
    package var next: String?

    package init(
        bucket: String, prefix: String, delimiter: String?, limit: Int, after: String?,
        isVersion2: Bool, encodesNames: Bool
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.limit = limit
        self.after = after
        self.isVersion2 = isVersion2
        self.encodesNames = encodesNames
    }

    /// Takes what belongs onto the page out of all objects of the bucket, sorted by the bytes of
    /// their keys: two ways to write one letter are two keys.
    package mutating func fill(from all: [ObjectSummary]) {
        var last = ""
        var count = 0
        for object in all where object.key.utf8.starts(with: prefix.utf8) {
            if let after, !after.utf8.lexicographicallyPrecedes(object.key.utf8) { continue }
            let folder = folder(of: object.key)
            let name = folder ?? object.key
            if let after, let folder, folder.utf8.elementsEqual(after.utf8) { continue }
            if let folder, folders.last.map({ $0.utf8.elementsEqual(folder.utf8) }) == true {
                continue
            }
            guard count < limit else {
                next = limit > 0 ? last : nil
                return
            }
            if let folder { folders.append(folder) } else { objects.append(object) }
            last = name
            count += 1
        }
    }

    private func folder(of key: String) -> String? {
        guard let delimiter, !delimiter.isEmpty else { return nil }
        let rest = Array(key.utf8.dropFirst(prefix.utf8.count))
        let mark = Array(delimiter.utf8)
        let start = rest.indices.first { rest[$0...].starts(with: mark) }
        return start.map {
            prefix + String(decoding: rest[..<($0 + mark.count)], as: UTF8.self)
        }
    }

    package var document: [UInt8] {
        var xml = XMLText()
        xml.element("ListBucketResult", namespace: Self.namespace) { xml in
            xml.leaf("Name", bucket)
            xml.leaf("Prefix", name(prefix))
            if let delimiter { xml.leaf("Delimiter", name(delimiter)) }
            xml.leaf("MaxKeys", "\(limit)")
            if encodesNames { xml.leaf("EncodingType", "url") }
            xml.leaf("IsTruncated", next == nil ? "false" : "true")
            if isVersion2 {
                xml.leaf("KeyCount", "\(objects.count + folders.count)")
                if let after { xml.leaf("ContinuationToken", Self.token(after)) }
                if let next { xml.leaf("NextContinuationToken", Self.token(next)) }
            } else {
                xml.leaf("Marker", name(after ?? ""))
                if let next { xml.leaf("NextMarker", name(next)) }
            }
            for object in objects {
                xml.element("Contents") { xml in
                    xml.leaf("Key", name(object.key))
                    xml.leaf("LastModified", "\(object.modifiedAt)")
                    xml.leaf("ETag", "\"\(object.tag)\"")
                    xml.leaf("Size", "\(object.bytes)")
                    xml.leaf("StorageClass", "STANDARD")
                }
            }
            for folder in folders {
                xml.element("CommonPrefixes") { $0.leaf("Prefix", name(folder)) }
            }
        }
        return xml.document
    }

    /// Clients send it back as it is, whatever encoding they asked for.
    private static func token(_ name: String) -> String { PercentCoding.encode(name) }

    /// The name that a token stands for.
    package static func name(ofToken token: String) throws(Failure) -> String {
        guard let name = PercentCoding.decode(token) else {
            throw Failure(
                .invalidRequest, "The continuation token provided is incorrect.",
                parameter: "continuation-token")
        }
        return name
    }

    private func name(_ text: String) -> String {
        encodesNames ? PercentCoding.encode(text) : text
    }

    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
}

/// The other answers of S3 that have a body.
package enum ObjectBodies {
    /// What tells an object's bytes from others: no digest of theirs, and S3's clients know by the
    /// hyphen that they need not look for one.
    package static func tag(of file: FileID) -> String { "\(file)-1" }

    package static func buckets(
        _ buckets: [(name: String, since: Instant)], of owner: String
    ) -> [UInt8] {
        var xml = XMLText()
        xml.element("ListAllMyBucketsResult", namespace: ObjectListBody.namespace) { xml in
            xml.element("Owner") { xml in
                xml.leaf("ID", owner)
                xml.leaf("DisplayName", owner)
            }
            xml.element("Buckets") { xml in
                for bucket in buckets {
                    xml.element("Bucket") { xml in
                        xml.leaf("Name", bucket.name)
                        xml.leaf("CreationDate", "\(bucket.since)")
                    }
                }
            }
        }
        return xml.document
    }

    /// An empty one is `us-east-1`.
    package static var location: [UInt8] {
        var xml = XMLText()
        xml.element("LocationConstraint", namespace: ObjectListBody.namespace) { _ in }
        return xml.document
    }

    package static func upload(_ id: String, of address: ObjectAddress) -> [UInt8] {
        var xml = XMLText()
        xml.element("InitiateMultipartUploadResult", namespace: ObjectListBody.namespace) { xml in
            xml.leaf("Bucket", address.bucket)
            xml.leaf("Key", address.key)
            xml.leaf("UploadId", id)
        }
        return xml.document
    }

    package static func completed(_ tag: String, of address: ObjectAddress) -> [UInt8] {
        var xml = XMLText()
        xml.element("CompleteMultipartUploadResult", namespace: ObjectListBody.namespace) { xml in
            xml.leaf("Location", "\(ObjectPath.prefix)/\(address.name)")
            xml.leaf("Bucket", address.bucket)
            xml.leaf("Key", address.key)
            xml.leaf("ETag", "\"\(tag)\"")
        }
        return xml.document
    }

    package static func deleted(_ keys: [String]) -> [UInt8] {
        var xml = XMLText()
        xml.element("DeleteResult", namespace: ObjectListBody.namespace) { xml in
            for key in keys { xml.element("Deleted") { $0.leaf("Key", key) } }
        }
        return xml.document
    }
}
