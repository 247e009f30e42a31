import Glibc

/// bubblewrap with the work in it, and what is heard of it.
struct WorkSandbox {
    /// Descriptors of the sandbox's. The shell in it knows digits only; the others are far from
    /// what this process may have open.
    private enum Descriptor {
        static let ready: Int32 = 9
        static let options: Int32 = 101
        static let status: Int32 = 102
    }

    let child: Child
    private let door: Int32
    /// Has bubblewrap's options, which it has read when it says where it is.
    private let file: String
    private var unfinished: [UInt8] = []
    /// Its exit code, as bubblewrap tells it.
    private(set) var exitCode: Int32?
    private(set) var stands = false
    private(set) var hasHungUp = false

    /// -1 when nothing more will be heard.
    var descriptor: Int32 { hasHungUp ? -1 : door }

    /// nil where the machine has no process left for it.
    init?(_ assignment: Assignment, _ place: LeasePlace, rank: Int, groups: ControlGroups) {
        let pipe = Pipe()
        door = pipe.output
        file = place.sandbox(rank)
        _ = fcntl(door, F_SETFL, O_NONBLOCK)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let log = open(place.log(rank), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let options = open(file, O_RDONLY | O_CLOEXEC)
        defer { for own in [pipe.input, nothing, log, options] { close(own) } }
        // The exit of the shell's own words: the sandbox stands, and the work comes next.
        let command =
            [
                "bwrap", "--args", "\(Descriptor.options)", "--json-status-fd",
                "\(Descriptor.status)", "--", "/bin/sh", "-c",
                "echo >&\(Descriptor.ready); exec \(Descriptor.ready)>&-; exec \"$@\"", "work",
            ] + assignment.command
        let joining = Joining(assignment, groups).command(for: command)
        guard
            let child = Child(
                joining,
                descriptors: [
                    (0, nothing), (1, log), (2, log), (Descriptor.options, options),
                    (Descriptor.status, pipe.input), (Descriptor.ready, pipe.input),
                ])
        else { return nil }
        self.child = child
    }

    /// Takes what there is to hear; answers whether the sandbox stands since just now.
    ///
    /// First bubblewrap says where it is; an empty line says that the sandbox stands; at last there
    /// is the exit code.
    mutating func listen() -> Bool {
        let stood = stands
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !hasHungUp {
            let count = read(door, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { break }
            if count == 0 { hasHungUp = true }
            unfinished += buffer[..<count]
        }
        while let end = unfinished.firstIndex(of: UInt8(ascii: "\n")) {
            hear(String(decoding: unfinished[..<end], as: UTF8.self))
            unfinished.removeSubrange(...end)
        }
        return stands && !stood
    }

    private mutating func hear(_ line: String) {
        if line.isEmpty {
            stands = true
        } else if let code = Self.number("exit-code", in: line) {
            exitCode = code
        } else if !stands {
            File.write(line + "\n", to: file, mode: .append)
        }
    }

    /// The number of a field in a line of JSON.
    static func number(_ field: String, in line: String) -> Int32? {
        let mark = "\"\(field)\": "
        var rest = line[...]
        while !rest.isEmpty, !rest.hasPrefix(mark) { rest = rest.dropFirst() }
        return Int32(rest.dropFirst(mark.count).prefix { $0.isNumber })
    }
}

/// The step between the worker and the sandbox: takes up the limits, then becomes bubblewrap. As a
/// process of its own, because only before a program begins can it be put under limits whole.
struct Joining {
    static let word = "join"
    private static let openFiles: rlim_t = 4096
    /// As shells have it where a program could not be started as asked.
    static let failure: Int32 = 125

    var directories: [String]
    var fileBytes: Int64
    /// nil: no limit of the user's, for who is root is held by none.
    var mostProcesses: Int64?

    init(_ assignment: Assignment, _ groups: ControlGroups) {
        directories = groups.directories
        fileBytes = assignment.diskMiB << 20
        mostProcesses = geteuid() == 0 ? nil : assignment.mostProcesses
    }

    func command(for command: [String]) -> [String] {
        ["/proc/self/exe", Self.word, "\(fileBytes)", mostProcesses.map { "\($0)" } ?? "-"]
            + directories + ["--"] + command
    }

    /// What ``command(for:)`` says, after its second word.
    init?(_ words: ArraySlice<String>) {
        guard words.count >= 2, let bytes = Int64(words[words.startIndex]) else { return nil }
        fileBytes = bytes
        mostProcesses = Int64(words[words.startIndex + 1])
        directories = Array(words.dropFirst(2))
    }

    func run(_ command: [String]) -> Never {
        for directory in directories where !File.set("0", in: directory + "/cgroup.procs") {
            exit(Self.failure)
        }
        Self.limit(__rlimit_resource_t(RLIMIT_CORE.rawValue), 0)
        Self.limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), Self.openFiles)
        Self.limit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), rlim_t(fileBytes))
        if let mostProcesses {
            Self.limit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), rlim_t(mostProcesses))
        }
        Child.become(command)
        exit(Self.failure)
    }

    private static func limit(_ resource: __rlimit_resource_t, _ most: rlim_t) {
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        setrlimit(resource, &limit)
    }
}
