package import Vocabulary

package struct KeyCreateBody: APIRequestBody, Hashable {
    package var project: ProjectID
    /// For people: where the key is used.
    package var name: String?
    /// Also show an access key pair, with which clients of AWS sign.
    package var aws: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable { case project, name, aws }

    package init(project: ProjectID, name: String? = nil, aws: Bool? = nil) {
        self.project = project
        self.name = name
        self.aws = aws
    }
}

/// A new API key, with its secret: the only time that it is shown.
package struct KeyCreatedBody: Codable, Hashable, Sendable {
    package var id: APIKeyID
    package var project: ProjectID
    package var name: String
    package var createdAt: Instant
    /// The secret that clients send.
    package var key: String
    /// Where an access key pair was asked for: the key's own name, and a secret to sign with.
    package var awsAccessKeyID: String?
    package var awsSecretAccessKey: String?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, key
        case createdAt = "created_at"
        case awsAccessKeyID = "aws_access_key_id"
        case awsSecretAccessKey = "aws_secret_access_key"
    }

    package init(
        id: APIKeyID, project: ProjectID, name: String, createdAt: Instant, key: String
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.createdAt = createdAt
        self.key = key
    }
}

package struct SessionCreateBody: APIRequestBody, Hashable {
    /// How long they hold; 12 hours unless given, 36 at most.
    package var seconds: Int64?

    package enum CodingKeys: String, CodingKey, CaseIterable { case seconds }

    package init(seconds: Int64? = nil) { self.seconds = seconds }
}

/// Temporary credentials of a key for clients of AWS. They hold together, and end with their key.
package struct SessionCreatedBody: Codable, Hashable, Sendable {
    package var key: APIKeyID
    package var expiresAt: Instant
    package var awsAccessKeyID: String
    package var awsSecretAccessKey: String
    package var awsSessionToken: String

    package enum CodingKeys: String, CodingKey {
        case key
        case expiresAt = "expires_at"
        case awsAccessKeyID = "aws_access_key_id"
        case awsSecretAccessKey = "aws_secret_access_key"
        case awsSessionToken = "aws_session_token"
    }

    package init(
        key: APIKeyID, expiresAt: Instant, awsAccessKeyID: String, awsSecretAccessKey: String,
        awsSessionToken: String
    ) {
        self.key = key
        self.expiresAt = expiresAt
        self.awsAccessKeyID = awsAccessKeyID
        self.awsSecretAccessKey = awsSecretAccessKey
        self.awsSessionToken = awsSessionToken
    }
}

package struct KeyBody: Codable, Hashable, Sendable {
    package var id: APIKeyID
    package var project: ProjectID
    package var name: String
    /// The secret's last characters, to tell keys apart.
    package var hint: String
    package var createdAt: Instant
    package var revokedAt: Instant?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, hint
        case createdAt = "created_at"
        case revokedAt = "revoked_at"
    }

    package init(
        id: APIKeyID, project: ProjectID, name: String, hint: String, createdAt: Instant,
        revokedAt: Instant? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.hint = hint
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}
