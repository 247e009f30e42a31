import TestKit
import Testing
import Vocabulary
import Wire

struct SessionCredentialsTests {
    private static let key = APIKeyID(high: 3, low: 1)

    /// Stands in for an HMAC: 32 bytes, of every byte of the text and of `secret`.
    private static func seal(_ secret: UInt64) -> SessionCredentials.Seal {
        { text in
            var state = secret
            for byte in text { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 &+ 1 }
            var generator = SeededGenerator(seed: state)
            return (0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next() as UInt64) }
        }
    }

    private static func make(
        until end: Instant = .noon, nonce: (UInt64, UInt64) = (4, 5), secret: UInt64 = 1
    ) -> SessionCredentials {
        SessionCredentials(of: key, until: end, nonce: nonce, seal: seal(secret))
    }

    @Test func `a token says all that it was given out with`() throws {
        let made = Self.make(until: .noon + .microseconds(999_999))
        #expect(made.end == .noon)
        #expect(made.accessKey.wholeMatch(of: /ASIA[A-Z2-7]{16}/) != nil)
        #expect(made.secret.utf8.count == 40)
        #expect(SessionCredentials(token: made.token, seal: Self.seal(1)) == made)
    }

    @Test func `no two are alike`() {
        let all = [
            Self.make(), Self.make(nonce: (4, 6)), Self.make(nonce: (5, 5)), Self.make(secret: 2),
            Self.make(until: .noon + .seconds(1)),
        ]
        for name in [\SessionCredentials.accessKey, \.secret, \.token] {
            #expect(Set(all.map { $0[keyPath: name] }).count == all.count)
        }
    }

    @Test func `a token that was changed anywhere is none`() {
        let made = Self.make()
        let digits = Array(made.token)
        for index in digits.indices {
            var changed = digits
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(SessionCredentials(token: String(changed), seal: Self.seal(1)) == nil)
        }
        for token in ["", "A", made.token + "=", made.token + made.token, "\\" + made.token] {
            #expect(SessionCredentials(token: token, seal: Self.seal(1)) == nil)
        }
        #expect(SessionCredentials(token: made.token, seal: Self.seal(2)) == nil)
    }
}
