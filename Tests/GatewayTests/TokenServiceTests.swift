import Link
import Metering
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// AWS's security token service at the gateway, and what its temporary credentials may do.
@Suite(.timeLimit(.minutes(1)))
struct TokenServiceTests {
    private static let key = APIKeyID(high: 3, low: 1)
    private static let session = "Action=GetSessionToken&Version=2011-06-15"
    private static let identity = "Action=GetCallerIdentity&Version=2011-06-15"
    private static let permanent = SigningClient(service: "sts")

    private static func run(_ body: (GatewayStand) async throws -> Void) async throws {
        try await GatewayStand.run(
            answer: FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json())),
            snapshot: {
                $0.keys[0].signingSecret = SigningClient.secret
                $0.sessionSecret = SigningClient.sessionSecret
            }, body)
    }

    private static func exchange(
        _ request: String, _ stand: GatewayStand
    ) async throws -> String {
        try await RawClient.exchange(request, port: stand.server.port)
    }

    private static func credentials(
        until end: Instant = .noon + .seconds(60), of key: APIKeyID = Self.key,
        under secret: String = SigningClient.sessionSecret
    ) -> SessionCredentials {
        SessionCredentials(of: key, until: end, nonce: (1, 2), seal: SessionSeal(secret).code)
    }

    /// What stands between an element's tags.
    private static func element(_ name: String, of xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>"),
            let end = xml.firstRange(of: "</\(name)>")
        else { return nil }
        return String(xml[start.upperBound..<end.lowerBound])
    }

    private static func converse(_ client: SigningClient) throws -> String {
        try client.request(
            "POST", "/model/m/converse",
            body: #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#,
            type: "application/json")
    }

    @Test func `a pair gets temporary credentials, and they sign`() async throws {
        try await Self.run { stand in
            let answer = try await Self.exchange(
                Self.permanent.ask(Self.session + "&DurationSeconds=900"), stand)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\r\ncontent-type: text/xml\r\n"))
            #expect(answer.contains("\r\ncache-control: no-store\r\n"))
            #expect(Self.element("Expiration", of: answer) == "\(Instant.noon + .seconds(900))")
            var client = SigningClient(
                accessKey: try #require(Self.element("AccessKeyId", of: answer)),
                secret: try #require(Self.element("SecretAccessKey", of: answer)),
                token: Self.element("SessionToken", of: answer))
            #expect(client.accessKey.wholeMatch(of: /ASIA[A-Z2-7]{16}/) != nil)
            let said = try await Self.exchange(Self.converse(client), stand)
            #expect(said.hasPrefix("HTTP/1.1 200"))
            #expect(try stand.settled().map(\.opened.key) == [Self.key])
            client.service = "sts"
            let who = try await Self.exchange(client.ask(Self.identity), stand)
            #expect(who.hasPrefix("HTTP/1.1 200"))
            #expect(Self.element("UserId", of: who) == "\(Self.key)")
            #expect(Self.element("Account", of: who) == "000000000001")
            let again = try await Self.exchange(client.ask(Self.session), stand)
            #expect(again.hasPrefix("HTTP/1.1 403"))
            #expect(Self.element("Code", of: again) == "AccessDenied")
        }
    }

    @Test func `temporary credentials hold together, to their end, and as long as their key`()
        async throws
    {
        try await Self.run { stand in
            let held = Self.credentials()
            let good = try await Self.exchange(Self.converse(SigningClient(held)), stand)
            #expect(good.hasPrefix("HTTP/1.1 200"))
            func changed(_ change: (inout SigningClient) -> Void) -> SigningClient {
                var client = SigningClient(held)
                change(&client)
                return client
            }
            let other = Self.credentials(until: .noon + .seconds(61))
            for (client, bedrock, sts) in [
                (changed { $0.token = nil }, "UnrecognizedClientException", "InvalidClientTokenId"),
                (
                    changed { $0.token = other.token }, "UnrecognizedClientException",
                    "InvalidClientTokenId"
                ),
                (
                    changed { $0.token = (held.token + "=") }, "UnrecognizedClientException",
                    "InvalidClientTokenId"
                ),
                (
                    changed { $0.secret = SigningClient.secret }, "InvalidSignatureException",
                    "SignatureDoesNotMatch"
                ),
                (
                    SigningClient(Self.credentials(under: "a customer's own")),
                    "UnrecognizedClientException", "InvalidClientTokenId"
                ),
                (
                    // Whose key is in no snapshot: it has been revoked.
                    SigningClient(Self.credentials(of: APIKeyID(high: 3, low: 2))),
                    "UnrecognizedClientException", "InvalidClientTokenId"
                ),
                (
                    SigningClient(Self.credentials(until: .noon)), "ExpiredTokenException",
                    "ExpiredToken"
                ),
                (
                    // The key's own pair does not take a token.
                    SigningClient(token: held.token), "UnrecognizedClientException",
                    "InvalidClientTokenId"
                ),
            ] {
                let refused = try await Self.exchange(Self.converse(client), stand)
                #expect(refused.hasPrefix("HTTP/1.1 403"))
                #expect(refused.contains("\r\nx-amzn-errortype: \(bedrock)\r\n"), "\(refused)")
                var asking = client
                asking.service = "sts"
                let answer = try await Self.exchange(asking.ask(Self.identity), stand)
                #expect(answer.hasPrefix("HTTP/1.1 403"))
                #expect(Self.element("Code", of: answer) == sts)
                #expect(!answer.contains(held.token) && !answer.contains("x-amzn-errortype"))
            }
            #expect(try stand.settled().count == 1)
        }
    }

    @Test func `who asks in a wrong way is told as AWS tells it`() async throws {
        try await Self.run { stand in
            let plain = "POST / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            let form = "Content-Type: application/x-www-form-urlencoded\r\n"
            for (request, status, code) in [
                (
                    try Self.permanent.ask("Action=AssumeRole&Version=2011-06-15"), 400,
                    "InvalidAction"
                ),
                (try Self.permanent.ask("Version=2011-06-15"), 400, "MissingAction"),
                (
                    try Self.permanent.ask(Self.session + "&DurationSeconds=899"), 400,
                    "ValidationError"
                ),
                (try SigningClient().ask(Self.identity), 400, "IncompleteSignature"),
                (
                    try SigningClient(service: "sts", at: .noon + .seconds(-301)).ask(
                        Self.identity), 403, "SignatureDoesNotMatch"
                ),
                (
                    try Self.permanent.request(
                        "POST", "/", body: Self.identity, sending: Self.session), 403,
                    "SignatureDoesNotMatch"
                ),
                (
                    plain + form + "Content-Length: \(Self.identity.utf8.count)\r\n\r\n"
                        + Self.identity, 403, "MissingAuthenticationToken"
                ),
                (SigningClient.get("/?" + Self.identity), 403, "MissingAuthenticationToken"),
                (
                    plain + form + "Content-Length: \(TokenServiceAction.maximumBody + 1)\r\n\r\n",
                    413, "RequestEntityTooLarge"
                ),
            ] {
                let answer = try await Self.exchange(request, stand)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(code): \(answer)")
                #expect(Self.element("Code", of: answer) == code)
                #expect(Self.element("RequestId", of: answer)?.hasPrefix("req_") == true)
            }
            // The address has its old meanings too.
            let page = try await Self.exchange(SigningClient.get("/?a=b"), stand)
            #expect(page.contains("\r\ncontent-type: text/html"))
            let json = try await Self.exchange(plain + "Content-Length: 2\r\n\r\n{}", stand)
            #expect(json.hasPrefix("HTTP/1.1 405") && json.contains(#""error""#))
        }
    }

    @Test func `an address that was signed asks too`() async throws {
        try await Self.run { stand in
            let target = "/?" + Self.identity
            for client in [Self.permanent, SigningClient(Self.credentials(), service: "sts")] {
                let address = try client.presigned("GET", target, for: 60)
                let answer = try await Self.exchange(SigningClient.get(address), stand)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                #expect(Self.element("UserId", of: answer) == "\(Self.key)")
            }
            let ended = SigningClient(
                Self.credentials(until: .noon + .seconds(-1)), service: "sts")
            for (client, seconds, code) in [
                (
                    SigningClient(service: "sts", at: .noon + .seconds(-60)), 60,
                    "SignatureDoesNotMatch"
                ),
                (
                    SigningClient(service: "sts", at: .noon + .seconds(301)), 60,
                    "SignatureDoesNotMatch"
                ),
                (ended, 3600, "ExpiredToken"), (Self.permanent, 0, "IncompleteSignature"),
            ] {
                let address = try client.presigned("GET", target, for: seconds)
                let answer = try await Self.exchange(SigningClient.get(address), stand)
                #expect(Self.element("Code", of: answer) == code)
            }
            let twice = try Self.permanent.request(
                "GET", Self.permanent.presigned("GET", target, for: 60))
            #expect(
                Self.element("Code", of: try await Self.exchange(twice, stand))
                    == "IncompleteSignature")
        }
    }
}
