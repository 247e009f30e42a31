import Glibc

/// A child of the worker's, leading a group of processes of its own.
struct Child {
    let id: pid_t

    /// `descriptors` are the child's numbers, each from one of ours; it inherits no other. Signals
    /// have their usual effect in it.
    init?(_ command: [String], descriptors: [(theirs: Int32, ours: Int32)]) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (theirs, ours) in descriptors {
            posix_spawn_file_actions_adddup2(&actions, ours, theirs)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var child = pid_t()
        let failed = Self.withArguments(command) {
            posix_spawnp(&child, command[0], &actions, &attributes, $0, environ)
        }
        guard failed == 0 else { return nil }
        id = child
    }

    /// Becomes another program; returns only where that fails.
    static func become(_ command: [String]) {
        withArguments(command) { _ = execvp(command[0], $0) }
    }

    private static func withArguments<Answer>(
        _ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Answer
    ) -> Answer {
        let arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        return body(arguments)
    }

    /// As a shell has it: above 128 a signal's number; nil while it runs.
    func code() -> Int32? {
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    func send(_ signal: Int32) { kill(id, signal) }
}
