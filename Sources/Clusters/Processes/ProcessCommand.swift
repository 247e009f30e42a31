/// What to start as a child process.
package struct ProcessCommand: Hashable, Sendable {
    /// Names the child in logs and names its log file: `gateway`, `engine-tiny-llama-demo`.
    package var label: String
    /// An absolute path.
    package var executable: String
    package var arguments: [String]
    /// Added to the environment that we have ourselves.
    package var environment: [String: String]

    package init(
        label: String, executable: String, arguments: [String] = [],
        environment: [String: String] = [:]
    ) {
        self.label = label
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }
}
