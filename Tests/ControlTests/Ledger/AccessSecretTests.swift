import Testing
import Vocabulary

@testable import Control

struct AccessSecretTests {
    @Test func eachKeyHasItsOwnSecretAndKeepsIt() {
        let (first, second) = (APIKeyID(high: 1, low: 1), APIKeyID(high: 1, low: 2))
        let secret = AccessSecret("sw-access_1").secret(of: first)
        #expect(secret.utf8.count == 64)
        #expect(secret == AccessSecret("sw-access_1").secret(of: first))
        #expect(secret != AccessSecret("sw-access_1").secret(of: second))
        #expect(secret != AccessSecret("sw-access_2").secret(of: first))
    }
}
