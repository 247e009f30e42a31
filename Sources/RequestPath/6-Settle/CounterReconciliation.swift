package import Vocabulary

/// Compares an engine's own counters with what its requests reported. What the counters show beyond
/// that was generated for requests that were aborted, after their clients had gone: it is laid on
/// them, request by request.
///
/// Sound only while nothing runs on the engine: then every request has either reported or been
/// aborted.
package struct CounterReconciliation: Sendable {
    /// An engine's counters since it started.
    package struct Counters: Hashable, Sendable {
        package var prompt: Int64
        package var generated: Int64
        /// How far the true values may be from these: an engine may print large numbers rounded.
        package var promptDoubt: Int64
        package var generatedDoubt: Int64

        package init(
            prompt: Int64, generated: Int64, promptDoubt: Int64 = 0, generatedDoubt: Int64 = 0
        ) {
            self.prompt = prompt
            self.generated = generated
            self.promptDoubt = promptDoubt
            self.generatedDoubt = generatedDoubt
        }

        var isExact: Bool { promptDoubt == 0 && generatedDoubt == 0 }

        /// Whether these can come after `earlier` in one life of an engine.
        func mayFollow(_ earlier: Self) -> Bool {
            prompt + promptDoubt >= earlier.prompt - earlier.promptDoubt
                && generated + generatedDoubt >= earlier.generated - earlier.generatedDoubt
        }
    }

    /// Aborted requests that are remembered by name. What more of them cost is laid on these.
    package static let maximumAborted = 16_384

    private var base: Counters?
    private var reported = Counters(prompt: 0, generated: 0)
    private var aborted: [RequestID] = []

    package init() {}

    package var isDue: Bool { !aborted.isEmpty }
    /// Whether the counters have been read before.
    package var hasBase: Bool { base != nil }

    /// A request ended and this is what is on record for it, billed or not.
    package mutating func ended(_ request: RequestID, counts: TokenCounts, wasAborted: Bool) {
        reported.prompt += counts.prompt + counts.embedding
        reported.generated += counts.generated
        if wasAborted, aborted.count < Self.maximumAborted { aborted.append(request) }
    }

    /// The counters before the first request; a restarted engine begins anew.
    package mutating func begin(_ counters: Counters) {
        base = counters
        reported = Counters(prompt: 0, generated: 0)
        aborted = []
    }

    /// Reads the counters while nothing runs. The answer lays what nobody reported on the aborted
    /// requests, in equal parts, the first ones taking what does not divide. Of counters that are
    /// rounded it takes what is certain; the rest is found later, when the counters have grown.
    package mutating func reconcile(_ counters: Counters) -> [(request: RequestID, TokenCounts)] {
        guard let base, counters.mayFollow(base) else {
            begin(counters)
            return []
        }
        guard !aborted.isEmpty else {
            if counters.isExact { begin(counters) }
            return []
        }
        let prompt = max(
            0,
            counters.prompt - counters.promptDoubt - base.prompt - base.promptDoubt
                - reported.prompt)
        let generated = max(
            0,
            counters.generated - counters.generatedDoubt - base.generated - base.generatedDoubt
                - reported.generated)
        let requests = aborted
        if counters.isExact {
            begin(counters)
        } else {
            reported.prompt += prompt
            reported.generated += generated
            aborted = []
        }
        let count = Int64(requests.count)
        return requests.enumerated().compactMap { index, request in
            func share(_ total: Int64) -> Int64 {
                total / count + (Int64(index) < total % count ? 1 : 0)
            }
            let counts = TokenCounts(input: share(prompt), output: share(generated))
            return counts == .zero ? nil : (request, counts)
        }
    }
}
