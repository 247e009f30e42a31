import Vocabulary
import Wire

/// One request to our own API, free of any server library, so that a test can make one.
package struct APIRequest: Hashable, Sendable {
    package var method: String
    /// As it stands in the request line, without the query.
    package var path: String
    /// Without `?`; percent-encoded.
    package var query: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String = "", headers: [String: String] = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

package struct APIResponse: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    /// Beyond `content-type`; names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]
    /// What follows ``body``, for answers that take their time.
    package var stream: APIStream?

    package init(
        status: Int = 200, contentType: String, headers: [String: String] = [:], body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    static func text(_ text: String, status: Int = 200, type: String = "text/plain") -> Self {
        Self(status: status, contentType: "\(type); charset=utf-8", body: Array(text.utf8))
    }

    static func json(_ value: some Encodable, status: Int = 200) throws -> Self {
        Self(status: status, contentType: "application/json", body: try APICoding.encode(value))
    }

    /// A JSON document that is made already.
    static func document(_ bytes: [UInt8]) -> Self {
        Self(contentType: "application/json", body: bytes)
    }

    /// A page that brings its own style and nothing else.
    static func page(_ html: String) -> Self {
        var response = text(html, type: "text/html")
        response.headers["content-security-policy"] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        return response
    }

    static func failure(_ failure: Failure, for audience: APIErrorBody.Audience = .owner) -> Self {
        let body = (try? APICoding.encode(APIErrorBody(failure, for: audience))) ?? []
        var response = Self(
            status: failure.code.apiStatus, contentType: "application/json", body: body)
        if failure.code == .unauthenticated {
            response.headers["www-authenticate"] = "Bearer realm=\"spillway control\""
        }
        return response
    }
}

/// The rest of an answer, bytes as they come. Throwing cuts the answer off.
package final class APIStream: Sendable {
    /// Waits for the next bytes; nil at the end.
    package let next: @Sendable () async throws -> [UInt8]?

    package init(next: @escaping @Sendable () async throws -> [UInt8]?) { self.next = next }
}

extension APIStream: Hashable {
    package static func == (left: APIStream, right: APIStream) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
