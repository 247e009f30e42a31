package import Vocabulary

/// What engines of this machine need: software, directories, a way to look at them.
package struct EnginePlace: Sendable {
    /// nil if none is installed: then no engine can run, and the report says so.
    package var software: EngineSoftware?
    /// Each replica's socket, in a directory that exists.
    package var socket: @Sendable (ReplicaID) -> String
    package var logDirectory: String
    package var probe: EngineProbe
    package var launcher: ProcessLauncher

    package init(
        software: EngineSoftware?, socket: @escaping @Sendable (ReplicaID) -> String,
        logDirectory: String, probe: EngineProbe, launcher: ProcessLauncher
    ) {
        self.software = software
        self.socket = socket
        self.logDirectory = logDirectory
        self.probe = probe
        self.launcher = launcher
    }
}
