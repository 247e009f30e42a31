/// By what rule work is packed.
package enum PlacementPolicy: String, Hashable, Sendable, CaseIterable {
    /// Where it leaves the least that the usual work cannot use.
    case fragmentation = "fgd"
    /// Where the least is left free.
    case bestFit = "best-fit"
    /// Anywhere it fits.
    case random
}
