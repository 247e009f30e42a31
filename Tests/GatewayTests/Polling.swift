import Testing

/// Asks again and again until the answer is yes, for at most so long that only a machine
/// without any time to spare gets there.
func eventually(
    _ what: Comment, within limit: Duration = .seconds(45),
    _ location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("did not happen in \(limit): \(what)", sourceLocation: location)
            throw DeadlinePassed()
        }
        try await Task.sleep(for: .milliseconds(10), clock: .continuous)
    }
}

struct DeadlinePassed: Error {}
