import Foundation
import Testing
import Vocabulary
import Wire

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct SignatureCheckTests {
    struct Vector: Decodable {
        var name: String
        var normalize: Bool
        var accessKey: String
        var secret: String
        var token: String?
        var region: String
        var service: String
        var timestamp: String
        var canonicalRequest: String
        var stringToSign: String
        var signature: String
        var signedRequest: String
        var query: InQuery

        /// The same request, signed in its query.
        struct InQuery: Decodable {
            var seconds: Int64
            var canonicalRequest: String
            var stringToSign: String
            var signature: String
            var signedRequest: String
        }

        var pair: AccessKeyPair { AccessKeyPair(secret: secret, sessionToken: token) }
        var now: Instant {
            get throws { try #require(Instant(timestamp)) }
        }

        /// The signed request, and its body.
        func request(
            inQuery: Bool = false
        ) throws -> (request: SignedRequest, body: [UInt8]) {
            let parts = (inQuery ? query.signedRequest : signedRequest).components(
                separatedBy: "\n\n")
            let lines = parts[0].components(separatedBy: "\n")
            let words = lines[0].components(separatedBy: " ")
            let headers = lines.dropFirst().map { line in
                let colon = line.firstIndex(of: ":") ?? line.endIndex
                return (
                    name: String(line[..<colon]), value: String(line[colon...].dropFirst())
                )
            }
            return (
                SignedRequest(
                    method: words[0], target: words[1..<words.count - 1].joined(separator: " "),
                    headers: headers), Array((parts.count > 1 ? parts[1] : "").utf8)
            )
        }

        func verify(
            inQuery: Bool = false, _ change: (inout SignedRequest) -> Void = { _ in },
            body: [UInt8]? = nil, by pair: AccessKeyPair? = nil, after wait: Duration = .zero
        ) throws {
            var (request, ownBody) = try request(inQuery: inQuery)
            change(&request)
            let claim =
                inQuery
                ? try SignatureClaim(presigned: request.target)
                : try SignatureClaim(authorization: try #require(request.single("authorization")))
            let now = try now + wait
            try (body ?? ownBody).withUnsafeBytes { bytes in
                try SignatureCheck(service: service, normalizesPath: normalize).verify(
                    request, claim, body: bytes, by: pair ?? self.pair, at: now)
            }
        }
    }

    static func vectors() throws -> [Vector] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSONDecoder().decode(
            [Vector].self,
            from: Data(contentsOf: tests.appending(path: "Fixtures/aws/signature-v4.json")))
    }

    static func vector(_ name: String) throws -> Vector {
        try #require(try vectors().first { $0.name == name })
    }

    @Test func everyVectorIsCanonicalAndVerified() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 19)
        for vector in vectors {
            let (request, _) = try vector.request()
            let claim = try SignatureClaim(
                authorization: try #require(request.single("authorization")))
            #expect(claim.accessKey == vector.accessKey)
            let lines = vector.canonicalRequest.components(separatedBy: "\n")
            #expect(
                try request.canonical(
                    signing: claim.signedHeaders, payloadHash: try #require(lines.last),
                    path: vector.normalize ? .normalized : .encodedAgain)
                    == vector.canonicalRequest,
                "\(vector.name)")
            let toSign = vector.stringToSign.components(separatedBy: "\n")
            #expect(
                SignedRequest.toSign(
                    at: try request.stamp().text, scope: claim.scope, hash: toSign[3])
                    == vector.stringToSign)
            #expect(throws: Never.self, "\(vector.name)") { try vector.verify() }
        }
    }

    @Test func everyVectorIsVerifiedInItsQuery() throws {
        for vector in try Self.vectors() {
            let (request, _) = try vector.request(inQuery: true)
            #expect(SignatureClaim.isPresigned(request.target))
            let claim = try SignatureClaim(presigned: request.target)
            let presigned = try #require(claim.presigned)
            #expect(claim.accessKey == vector.accessKey)
            #expect(presigned.seconds == vector.query.seconds)
            #expect(presigned.sessionToken == vector.token)
            let lines = vector.query.canonicalRequest.components(separatedBy: "\n")
            #expect(
                try request.canonical(
                    signing: claim.signedHeaders, payloadHash: try #require(lines.last),
                    path: vector.normalize ? .normalized : .encodedAgain, isPresigned: true)
                    == vector.query.canonicalRequest,
                "\(vector.name)")
            #expect(throws: Never.self, "\(vector.name)") { try vector.verify(inQuery: true) }
            let (plain, _) = try vector.request()
            #expect(SignatureClaim.unsigned(request.target) == plain.target)
        }
    }

    @Test func nothingMayChangeInASignedAddress() throws {
        for vector in try Self.vectors() {
            for change in [
                { $0.method = "PUT" }, { $0.target += "&x=y" },
                { $0.target = $0.target.replacing("Expires=3600", with: "Expires=3601") },
                { $0.target = $0.target.replacing("%2Fus-east-1", with: "%2Feu-west-1") },
                { $0.headers.append((name: "x-amz-meta", value: "a")) },
                { $0.headers = [("Host", "elsewhere.example")] },
            ] as [(inout SignedRequest) -> Void] {
                #expect(throws: SignatureFault.self, "\(vector.name)") {
                    try vector.verify(inQuery: true, change)
                }
            }
            #expect(throws: SignatureFault.mismatch) {
                try vector.verify(inQuery: true, body: [1])
            }
        }
    }

    @Test func aSignedAddressHoldsAsLongAsItSays() throws {
        let vector = try Self.vector("get-vanilla")
        for seconds in [-300, 0, 301, 3599] {
            #expect(throws: Never.self) {
                try vector.verify(inQuery: true, after: .seconds(seconds))
            }
        }
        let end = try vector.now + .seconds(3600)
        #expect(throws: SignatureFault.ended(end, now: end)) {
            try vector.verify(inQuery: true, after: .seconds(3600))
        }
        let early = try vector.now + .seconds(-301)
        #expect(throws: SignatureFault.clockSkew(said: try vector.now, now: early)) {
            try vector.verify(inQuery: true, after: .seconds(-301))
        }
    }

    @Test(arguments: [
        ("X-Amz-Expires=3600", "X-Amz-Expires=0"), ("X-Amz-Expires=3600", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=soon"), ("X-Amz-Expires=3600&", ""),
        ("X-Amz-Date=20150830T123600Z", "X-Amz-Date=today"),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), ("X-Amz-SignedHeaders=host&", ""),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=date"),
        ("X-Amz-Signature=", "X-Amz-Signature=00"),
        ("&X-Amz-Signature", "&X-Amz-Date=1&X-Amz-Signature"),
        ("%2Faws4_request", "%2Faws4"), ("%2Faws4_request", "%zz"),
    ])
    func anIncompleteQueryIsNoClaim(part: String, change: String) throws {
        let target = try Self.vector("get-vanilla").request(inQuery: true).request.target
        let changed = target.replacing(part, with: change)
        #expect(changed != target)
        #expect(throws: SignatureFault.self) { try SignatureClaim(presigned: changed) }
    }

    @Test func temporaryPairsEnd() throws {
        for inQuery in [false, true] {
            let session = try Self.vector("post-sts-header-before")
            var pair = session.pair
            pair.end = try session.now + .seconds(1)
            #expect(throws: Never.self) { try session.verify(inQuery: inQuery, by: pair) }
            pair.end = try session.now
            #expect(throws: SignatureFault.expiredToken) {
                try session.verify(inQuery: inQuery, by: pair)
            }
            pair.sessionToken = nil
            #expect(throws: SignatureFault.unknownKey) {
                try session.verify(inQuery: inQuery, by: pair)
            }
        }
    }

    @Test func nothingMayChangeOnTheWay() throws {
        for vector in try Self.vectors() {
            for change in [
                { $0.method = "PUT" }, { $0.target += "x" },
                { $0.headers.append((name: "x-amz-date", value: "20150830T123600Z")) },
                { request in
                    request.headers = request.headers.map {
                        $0.name == "Host" ? ("Host", "elsewhere.example") : $0
                    }
                },
            ] as [(inout SignedRequest) -> Void] {
                #expect(throws: SignatureFault.self, "\(vector.name)") { try vector.verify(change) }
            }
            #expect(throws: SignatureFault.mismatch) { try vector.verify(body: [1]) }
            #expect(throws: SignatureFault.mismatch) {
                try vector.verify(
                    by: AccessKeyPair(secret: "other", sessionToken: vector.token))
            }
        }
    }

    @Test func clocksMayDifferByFiveMinutes() throws {
        let vector = try Self.vector("get-vanilla")
        for seconds in [-300, 300] {
            #expect(throws: Never.self) { try vector.verify(after: .seconds(seconds)) }
        }
        for seconds in [-301, 301] {
            let now = try vector.now + .seconds(seconds)
            #expect(throws: SignatureFault.clockSkew(said: try vector.now, now: now)) {
                try vector.verify(after: .seconds(seconds))
            }
        }
    }

    @Test func aSessionsTokenMustBeItsOwn() throws {
        let session = try Self.vector("post-sts-header-before")
        #expect(throws: SignatureFault.unknownKey) {
            try session.verify(by: AccessKeyPair(secret: session.secret, sessionToken: "other"))
        }
        #expect(throws: SignatureFault.unknownKey) {
            try session.verify(by: AccessKeyPair(secret: session.secret))
        }
        let plain = try Self.vector("get-vanilla")
        #expect(throws: SignatureFault.unknownKey) {
            try plain.verify(by: AccessKeyPair(secret: plain.secret, sessionToken: "token"))
        }
    }

    @Test func anotherServicesSignatureIsNotTaken() throws {
        let vector = try Self.vector("get-vanilla")
        let (request, _) = try vector.request()
        let claim = try SignatureClaim(authorization: try #require(request.single("authorization")))
        let now = try vector.now
        #expect(throws: SignatureFault.self) {
            try [UInt8]().withUnsafeBytes { bytes in
                try SignatureCheck().verify(request, claim, body: bytes, by: vector.pair, at: now)
            }
        }
    }

    /// As a real client sends a model's name: what is encoded on the way is encoded again.
    @Test func aPathIsEncodedTwice() throws {
        let request = SignedRequest(
            method: "POST", target: "/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse",
            headers: [("Host", "bedrock-runtime.us-east-1.amazonaws.com")])
        let canonical = try request.canonical(signing: ["host"], payloadHash: "00")
        #expect(
            canonical.hasPrefix(
                "POST\n/model/anthropic.claude-3-5-sonnet-20240620-v1%253A0/converse\n\n"))
    }

    @Test(arguments: [
        "Bearer sk-test", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a",
        "AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=x-amz-date, "
            + "Signature=00",
        "AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=K/20150830/r/s, SignedHeaders=host, "
            + "Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=x;host, "
            + "Signature=\(String(repeating: "0", count: 64))",
        "AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=host, "
            + "SignedHeaders=host, Signature=\(String(repeating: "0", count: 64))",
    ])
    func anIncompleteClaimIsNoClaim(authorization: String) {
        #expect(throws: SignatureFault.self) {
            try SignatureClaim(authorization: authorization)
        }
    }
}
