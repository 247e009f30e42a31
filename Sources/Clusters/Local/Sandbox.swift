import Vocabulary

/// How the work of a lease is shut in: the command lines, as values.
enum Sandbox {
    /// Inside; outside it is the lease's own user, and nobody of the machine's.
    static let innerUser = 1000
    static let searchPath = "/usr/local/bin:/usr/bin:/bin"
    /// What the work may have open.
    private static let openFiles = 4096
    private static let temporaryBytes: Int64 = 1 << 30

    /// Descriptors of the child that starts the sandbox.
    enum Descriptor {
        static let options: Int32 = 3
        static let status: Int32 = 4
        /// The work waits for a line from here,
        static let gate: Int32 = 5
        /// after it has written one there: the sandbox stands.
        static let ready: Int32 = 6
    }

    /// What all sandboxes have, whoever starts them: namespaces of their own, and the machine's
    /// programs to read.
    static func view(of lease: LeaseID, memoryMiB: Int64) -> [String] {
        [
            "--unshare-all", "--unshare-user", "--disable-userns",
            "--uid", "\(innerUser)", "--gid", "\(innerUser)",
            "--hostname", "spillway-\(lease.description.suffix(10))",
            "--new-session", "--die-with-parent", "--cap-drop", "ALL",
            "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib",
            "--symlink", "usr/lib64", "/lib64",
            "--proc", "/proc", "--dev", "/dev",
            "--perms", "1777",
            "--size", "\(min(temporaryBytes, max(1, memoryMiB) << 20))", "--tmpfs", "/tmp",
        ]
    }

    /// `/etc`, as a directory that has been laid out by ``layOutSettings(_:)``. One mount for all
    /// of ours: bubblewrap reads the list of mounts again for each.
    static func settings(_ directory: String) -> [String] {
        ["--ro-bind", directory, "/etc"]
            + (machineFiles + machineDirectories).flatMap {
                ["--ro-bind-try", "/etc/\($0)", "/etc/\($0)"]
            }
    }

    enum Setting {
        case directory
        case file(String)
    }

    /// Names what ``settings(_:)`` needs in its directory, with places for what is the machine's.
    static func layOutSettings(
        _ place: (_ name: String, _ kind: Setting) throws(Failure) -> Void
    ) throws(Failure) {
        for (file, text) in accountFiles { try place(file, .file(text)) }
        for file in machineFiles { try place(file, .file("")) }
        for name in machineDirectories + networkDirectories { try place(name, .directory) }
    }

    private static let machineFiles = ["ld.so.cache"]
    private static let machineDirectories = ["alternatives"]
    private static let networkDirectories = ["ssl"]
    /// The machine's own, for work that sees its network.
    static let networkFiles = ["resolv.conf", "hosts"] + networkDirectories

    /// bubblewrap's options. The environment stands among them, and therefore they are handed over
    /// in a file, not on a command line that everybody of this machine can read.
    static func options(_ specification: LeaseSpecification, stage: String) -> [String] {
        var all = view(of: specification.lease, memoryMiB: specification.limits.memoryMiB)
        all += ["--json-status-fd", "\(Descriptor.status)"]
        all += settings("\(stage)/etc")
        for device in specification.devices { all += ["--dev-bind", device, device] }
        all += ["--bind", "\(stage)/workspace", "/workspace"]
        all += ["--ro-bind", "\(stage)/told", "/workspace/.spillway"]
        for (number, volume) in specification.volumes.enumerated() {
            let option = volume.readOnly ? "--ro-bind" : "--bind"
            all += [option, "\(stage)/volumes/\(number)", volume.path]
        }
        all += ["--remount-ro", "/", "--chdir", "/workspace", "--clearenv"]
        for (name, value) in specification.environment.sorted(by: { $0.key < $1.key }) {
            all += ["--setenv", name, value]
        }
        return all
    }

    /// The sandbox's users and hosts: nothing of the machine's own.
    private static let accountFiles = [
        "passwd": "root:x:0:0:root:/:/bin/sh\n"
            + "work:x:\(innerUser):\(innerUser)::/workspace:/bin/sh\n"
            + "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        "group": "root:x:0:\nwork:x:\(innerUser):\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "resolv.conf": "",
    ]

    /// The command line that starts the sandbox: joins the lease's groups, takes its limits and its
    /// user, and says when it stands; then the work.
    static func command(_ specification: LeaseSpecification) -> [String] {
        let gate = """
            echo >&\(Descriptor.ready) && read -r go <&\(Descriptor.gate) || exit 125
            exec \(Descriptor.ready)>&- \(Descriptor.gate)<&-
            exec "$@"
            """
        return joining(specification)
            + ["bwrap", "--args", "\(Descriptor.options)", "--", "/bin/sh", "-c", gate, "work"]
            + specification.command
    }

    /// The command line of one more program in a sandbox that stands: by descriptors of its
    /// namespaces, in the same groups, with no more rights than the work has. It enters as the
    /// lease's user, without any right of root's: that user owns the sandbox's outer namespace of
    /// users, and so what is in it, and the inner one, in which it then has no rights at all. With
    /// a terminal it leads a session in there: a shell must see its own group of processes, or it
    /// could not control its jobs.
    static func attachment(
        _ specification: LeaseSpecification, namespaces: [(option: String, descriptor: Int32)],
        users: (outer: Int32, inner: Int32), hasTerminal: Bool, command: [String]
    ) -> [String] {
        func path(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
        let entering = namespaces.map { "--\($0.option)=\(path($0.descriptor))" }
        let variables = specification.environment.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        let all = namespaces.map(\.descriptor) + [users.outer, users.inner]
        let leading =
            hasTerminal
            ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/setsid", "--ctty"] : []
        let closing = all.map { "\($0)<&-" }.joined(separator: " ")
        return joining(specification)
            + ["nsenter", "--preserve-credentials", "--user=\(path(users.outer))"] + entering
            + ["--", "nsenter", "--preserve-credentials", "--user=\(path(users.inner))", "--"]
            + ["/usr/bin/env", "-i", "-C", "/workspace"] + variables
            + ["/bin/sh", "-c", "exec \(closing); exec \"$@\"", "work"] + leading + command
    }

    private static func joining(_ specification: LeaseSpecification) -> [String] {
        var script = "for door in $1; do echo 0 >\"$door\" || exit 125; done; shift\n"
        script += "umask 022 && ulimit -c 0 && ulimit -n \(openFiles) || exit 125\n"
        if !specification.hasImage {
            // In blocks of 512 bytes; a watcher adds the files up.
            script += "ulimit -f \(specification.diskMiB << 11)\n"
        }
        script += "exec \"$@\""
        let doors = specification.groups.doors(specification.lease.description)
        var command = ["/bin/sh", "-c", script, "lease", doors.joined(separator: " ")]
        command += ["setpriv", "--no-new-privs"]
        if let user = specification.user {
            command += ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"]
        }
        return command
    }
}
