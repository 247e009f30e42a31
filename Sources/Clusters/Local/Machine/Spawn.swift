import Dispatch
import Foundation
import Glibc
import Synchronization
import Vocabulary

/// Starts programs with exactly the descriptors that they are given, and no environment of ours.
enum Spawn {
    private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let outputLimit = 1 << 16
    /// glibc has it, and its Swift module does not.
    private static let newSession: Int32 = 0x80

    static let oneAtATime = Mutex(())

    /// Starts `arguments` (the first is the program, looked up in the system's directories) with
    /// our descriptors placed as the child's; 0, 1 and 2 are `/dev/null` where none is named, or
    /// the terminal with the path `terminal`, which becomes nobody's controlling terminal by that.
    static func start(
        _ arguments: [String], descriptors: [Int32: Int32] = [:], terminal: String? = nil
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for number: Int32 in 0...2 where descriptors[number] == nil {
            posix_spawn_file_actions_addopen(
                &actions, number, terminal ?? "/dev/null", O_RDWR | O_NOCTTY, 0)
        }
        // From copies above them all: one of ours may have the number that another is to have.
        let above = 1 + max(2, descriptors.keys.max() ?? 0)
        let copies = try copies(of: descriptors, from: above)
        defer { for copy in copies.values { close(copy) } }
        for (number, copy) in copies { posix_spawn_file_actions_adddup2(&actions, copy, number) }
        // By the child: whatever we looked up here, another thread may have opened since.
        for number in 3..<above where descriptors[number] == nil {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        try closeAll(from: above, by: &actions)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | newSession
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { word in strdup(word) }
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("LC_ALL=C")]
        words.append(nil)
        variables.append(nil)
        defer { for pointer in words + variables { free(pointer) } }
        let result = oneAtATime.withLock { _ in
            posix_spawnp(&process, arguments[0], &actions, &attributes, &words, &variables)
        }
        guard result == 0 else {
            throw Failure(
                .internalError,
                "\(arguments[0]) cannot be started: \(String(cString: strerror(result)))")
        }
        return process
    }

    private static func copies(
        of descriptors: [Int32: Int32], from above: Int32
    ) throws(Failure) -> [Int32: Int32] {
        var copies: [Int32: Int32] = [:]
        for (number, ours) in descriptors {
            let copy = fcntl(ours, F_DUPFD_CLOEXEC, above)
            guard copy >= 0 else {
                let failure = Descriptors.failure("a descriptor")
                for made in copies.values { close(made) }
                throw failure
            }
            copies[number] = copy
        }
        return copies
    }

    private typealias AddCloseFrom =
        @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32

    private static func closeAll(
        from number: Int32, by actions: inout posix_spawn_file_actions_t
    ) throws(Failure) {
        // glibc has it since 2.34, and its Swift module does not.
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else {
            throw Failure(
                .unsupported, "Starting work needs the C library glibc in version 2.34 or newer.")
        }
        _ = unsafeBitCast(symbol, to: AddCloseFrom.self)(&actions, number)
    }

    /// Waits for the end of a child; answers as a shell does: the exit code, or 128 and the signal.
    static func wait(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 255 }
        }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    /// Runs a program to its end; answers what it printed. Throws what it printed when it fails.
    @discardableResult
    static func run(
        _ arguments: [String], limit: Int = outputLimit
    ) throws(Failure) -> [UInt8] {
        let (output, theirs) = try Descriptors.pipe()
        defer { close(output) }
        let process: pid_t
        do throws(Failure) {
            process = try start(arguments, descriptors: [1: theirs, 2: theirs])
        } catch {
            close(theirs)
            throw error
        }
        close(theirs)
        let text = try Descriptors.readAll(output, limit: limit)
        let code = wait(process)
        guard code == 0 else {
            let said = String(decoding: text.suffix(500), as: UTF8.self)
            throw Failure(.internalError, "\(arguments[0]) failed with \(code): \(said)")
        }
        return text
    }
}

/// Work that blocks its thread, off the threads that `async` code shares.
enum Blocking {
    private static let queue = DispatchQueue(label: "spillway.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
