package import Vocabulary

/// Counts what a stream delivers, frame by frame, and says when to write a checkpoint, when to
/// hold more money and when to stop.
///
/// The counts come from the engine's own running counters where it sends them. An engine that sends
/// none is counted by frames with content until its final usage corrects that: one token a frame,
/// which is never more than it generated.
package struct StreamMeter: Sendable {
    /// A checkpoint after so many tokens, or after so long.
    package static let checkpointTokens: Int64 = 256
    package static let checkpointNanoseconds: Int64 = 1_000_000_000
    /// More is held when less than this is left of what was set aside.
    package static let extensionMargin: Int64 = 128

    package struct Frame: Sendable {
        package var choice: Int
        package var hasContent: Bool
        /// The engine's running count for this choice.
        package var generated: Int64?
        package var promptProcessed: Int64?
        package var promptCached: Int64?

        package init(
            choice: Int, hasContent: Bool, generated: Int64?, promptProcessed: Int64?,
            promptCached: Int64?
        ) {
            self.choice = choice
            self.hasContent = hasContent
            self.generated = generated
            self.promptProcessed = promptProcessed
            self.promptCached = promptCached
        }
    }

    /// By choice; most streams have one.
    private var generatedFirst: Int64 = 0
    private var generatedOthers: [Int: Int64] = [:]
    private var input: Int64 = 0
    private var cacheRead: Int64 = 0
    private var checkpointed: Int64 = -1
    private var checkpointAt: Int64 = 0
    /// The engine's final counts, once it has sent them.
    package private(set) var final: TokenCounts?

    package init() {}

    /// Prompt counts that are final, of engines that report each choice by itself.
    private var promptFinal: TokenCounts?

    /// Delivered so far.
    package var delivered: TokenCounts {
        if let final { return final }
        var counts = promptFinal ?? TokenCounts(input: input, cacheRead: cacheRead)
        counts.output = generated
        return counts
    }

    package var generated: Int64 { generatedFirst + generatedOthers.values.reduce(0, +) }

    /// Whether anything of the answer has been handed to the client.
    package var hasDelivered: Bool { generated > 0 || final != nil || promptFinal != nil }

    /// Takes a frame in that is about to be handed to the client.
    package mutating func deliver(_ frame: Frame) {
        if let processed = frame.promptProcessed, let cached = frame.promptCached {
            input = processed
            cacheRead = cached
        }
        let known = frame.choice == 0 ? generatedFirst : generatedOthers[frame.choice] ?? 0
        let count = frame.generated ?? (frame.hasContent ? known + 1 : known)
        if frame.choice == 0 {
            generatedFirst = max(known, count)
        } else {
            generatedOthers[frame.choice] = max(known, count)
        }
    }

    /// The engine's final usage: what it says replaces what was counted.
    package mutating func finish(_ usage: TokenCounts) { final = usage }

    /// The final usage of one choice, from an engine that reports each by itself. The prompt counts
    /// once for all choices that were generated from it.
    package mutating func finish(choice: Int, _ usage: TokenCounts, countsPrompt: Bool) {
        if choice == 0 {
            generatedFirst = max(generatedFirst, usage.generated)
        } else {
            generatedOthers[choice] = max(generatedOthers[choice] ?? 0, usage.generated)
        }
        guard countsPrompt else { return }
        var prompt = usage
        prompt.output = 0
        prompt.reasoning = 0
        promptFinal = (promptFinal ?? .zero) + prompt
    }

    /// The tokens that `frame` would add, had it been delivered.
    package func wouldAdd(_ frame: Frame) -> Int64 {
        var copy = self
        copy.deliver(frame)
        return copy.generated - generated
    }

    /// Whether to write a checkpoint now; remembers that it was written. The first delivered token
    /// always makes one, so that a stream that delivered something is never settled at nothing.
    package mutating func takeCheckpoint(at now: Int64) -> TokenCounts? {
        let count = generated
        guard count > 0 else { return nil }
        let isFirst = checkpointed < 0
        guard
            isFirst || count - checkpointed >= Self.checkpointTokens
                || (count > checkpointed && now - checkpointAt >= Self.checkpointNanoseconds)
        else { return nil }
        checkpointed = count
        checkpointAt = now
        return delivered
    }

    /// Whether more money has to be held for the stream to go on.
    package func needsExtension(of hold: Hold) -> Bool {
        generated + Self.extensionMargin > hold.generatedReserved
            && hold.generatedReserved < hold.generatedLimit
    }

    /// Whether the hold is used up: the next token would not be paid for.
    package func isExhausted(_ hold: Hold) -> Bool {
        generated >= hold.generatedReserved && hold.generatedReserved < hold.generatedLimit
    }
}
