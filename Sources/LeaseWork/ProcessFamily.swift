import Glibc

/// The processes of a sandbox, seen from outside.
struct ProcessFamily {
    /// Without the sandbox's own first ones, bubblewrap's.
    private(set) var members: [pid_t] = []

    /// All descendants of bubblewrap's outer process.
    init(of sandbox: pid_t) {
        var queue: [(process: pid_t, depth: Int)] = [(sandbox, 0)]
        var next = 0
        while next < queue.count {
            let (process, depth) = queue[next]
            next += 1
            if depth > 1 { members.append(process) }
            let tasks = "/proc/\(process)/task"
            for task in File.names(in: tasks) {
                guard let text = File.text("\(tasks)/\(task)/children") else { continue }
                queue += text.split(separator: " ").compactMap { pid_t($0) }
                    .map { ($0, depth + 1) }
            }
        }
    }

    func terminate() { for process in members { kill(process, SIGTERM) } }

    /// Tells those that wait for the signal of a notice: it would end one that does not.
    func notify() {
        for process in members where Self.expectsNotice(process) { kill(process, SIGUSR1) }
    }

    private static func expectsNotice(_ process: pid_t) -> Bool {
        guard let text = File.text("/proc/\(process)/status") else { return false }
        var mask: UInt64 = 0
        for line in text.split(separator: "\n")
        where line.hasPrefix("SigBlk:") || line.hasPrefix("SigCgt:") {
            mask |= line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
        }
        return mask & 1 << UInt64(SIGUSR1 - 1) != 0
    }

    /// Bytes of files without a name that they have open: no directory shows them.
    func hiddenBytes() -> Int64 {
        var seen: Set<[UInt64]> = []
        var blocks: Int64 = 0
        for process in members {
            for name in File.names(in: "/proc/\(process)/fd") {
                var status = stat()
                guard stat("/proc/\(process)/fd/\(name)", &status) == 0, status.st_nlink == 0,
                    status.st_mode & S_IFMT == S_IFREG,
                    seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted
                else { continue }
                blocks += Int64(status.st_blocks)
            }
        }
        return blocks * 512
    }
}
