package import Vocabulary

/// What the attempts of one request have in common, as their client has it.
package struct RetryName: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// `Idempotency-Key`: the client's own word.
        case key(String)
        /// `amz-sdk-invocation-id`, which clients of AWS send with every request.
        case invocation(String)
        /// What is asked, where the client says that it asks again but has no name for it.
        case fingerprint(RequestDigest)
    }

    package var project: ProjectID
    package var source: Source

    package init(project: ProjectID, source: Source) {
        self.project = project
        self.source = source
    }
}

/// SHA-256 of what is asked: the address and the body.
package struct RequestDigest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    /// nil unless there are 32 bytes.
    package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.words = bytes.loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// A digest is random already: one word of it is hash enough.
    package func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}
