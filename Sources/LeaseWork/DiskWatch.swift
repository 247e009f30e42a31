import Glibc

/// What the work has on the disk, measured every few seconds by `du`: beside it, for that may take
/// long.
struct DiskWatch {
    private static let interval = Duration.seconds(10)

    private let place: LeasePlace
    private var measuring: (child: Child, output: Int32)?
    private var nextLook: Duration

    init(_ place: LeasePlace, from now: Duration) {
        self.place = place
        nextLook = now + Self.interval
    }

    /// Readable when a measure is there; -1 while none is under way.
    var descriptor: Int32 { measuring?.output ?? -1 }
    /// nil while one is under way.
    var nextTimer: Duration? { measuring == nil ? nextLook : nil }

    mutating func startIfDue(at now: Duration) {
        guard measuring == nil, now >= nextLook else { return }
        let pipe = Pipe()
        let silent = open("/dev/null", O_RDWR | O_CLOEXEC)
        let child = Child(
            ["du", "-sxm", place.workspace],
            descriptors: [(0, silent), (1, pipe.input), (2, silent)])
        close(silent)
        close(pipe.input)
        guard let child else {
            close(pipe.output)
            nextLook = now + Self.interval
            return
        }
        measuring = (child, pipe.output)
    }

    /// Takes a measure that is there: mebibytes, with what has no name in the workspace.
    mutating func take(hiddenBytes: Int64, at now: Duration) -> Int64? {
        guard let (child, output) = measuring else { return nil }
        let text = String(decoding: File.readAll(output), as: UTF8.self)
        close(output)
        measuring = nil
        nextLook = now + Self.interval
        var status: Int32 = 0
        waitpid(child.id, &status, 0)
        guard let used = text.split(whereSeparator: \.isWhitespace).first.flatMap({ Int64($0) })
        else { return nil }
        return used + (hiddenBytes + logBytes) >> 20
    }

    /// Ends what is under way.
    mutating func stop() {
        guard let (child, output) = measuring else { return }
        child.send(SIGKILL)
        var status: Int32 = 0
        waitpid(child.id, &status, 0)
        close(output)
        measuring = nil
    }

    private var logBytes: Int64 {
        var total: Int64 = 0
        for name in File.names(in: place.path) where name.hasPrefix("log-") {
            var status = stat()
            if stat("\(place.path)/\(name)", &status) == 0 {
                total += Int64(status.st_blocks) * 512
            }
        }
        return total
    }
}
