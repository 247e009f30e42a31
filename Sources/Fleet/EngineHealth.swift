/// What one look at an engine found.
package enum EngineHealth: Hashable, Sendable {
    /// Not reachable yet, or loading its model.
    case loading
    /// It serves. `contextLength` is what it says about itself, in tokens of prompt and answer.
    case serving(contextLength: Int64?, busySlots: Int)
    /// It answered with something wrong, or not at all; the text is for the operator.
    case failing(String)
}
