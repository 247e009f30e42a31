package import Fleet

/// Looks at an engine: whether it serves, how much it has to do. Implemented by whoever can speak
/// with engines; answers within two seconds.
package struct EngineProbe: Sendable {
    package let look: @Sendable (EngineKind, EngineAddress) async -> EngineHealth

    package init(look: @escaping @Sendable (EngineKind, EngineAddress) async -> EngineHealth) {
        self.look = look
    }
}
