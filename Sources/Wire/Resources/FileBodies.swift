package import Vocabulary

/// OpenAI's file object.
package struct OpenAIFileBody: Codable, Hashable, Sendable {
    package var id: FileID
    package var object = "file"
    package var bytes: Int64
    /// Seconds since 1970, as all times of OpenAI's.
    package var createdAt: Int64
    package var expiresAt: Int64?
    package var filename: String
    package var purpose: String
    /// Deprecated, and required by OpenAI's description all the same.
    package var status = "processed"

    package enum CodingKeys: String, CodingKey {
        case id, object, bytes, filename, purpose, status
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }

    package init(
        id: FileID, bytes: Int64, createdAt: Instant, expiresAt: Instant?, filename: String,
        purpose: String
    ) {
        self.id = id
        self.bytes = bytes
        self.createdAt = createdAt.seconds
        self.expiresAt = expiresAt?.seconds
        self.filename = filename
        self.purpose = purpose
    }
}

/// A page of OpenAI's lists.
package struct OpenAIListBody<Item: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package var object = "list"
    package var data: [Item]
    /// Empty in an empty list.
    package var firstID: String
    package var lastID: String
    package var hasMore: Bool

    package enum CodingKeys: String, CodingKey {
        case object, data
        case firstID = "first_id"
        case lastID = "last_id"
        case hasMore = "has_more"
    }

    package init(_ data: [Item], hasMore: Bool, identifier: (Item) -> String) {
        self.data = data
        self.hasMore = hasMore
        self.firstID = data.first.map(identifier) ?? ""
        self.lastID = data.last.map(identifier) ?? ""
    }
}

package struct OpenAIDeletedBody: Codable, Hashable, Sendable {
    package var id: String
    package var object: String
    package var deleted = true

    package init(id: String, object: String) {
        self.id = id
        self.object = object
    }
}
