import CapacityPath
import Glibc
import Synchronization
import Vocabulary

/// A terminal for a program that wants one.
struct PseudoTerminal {
    let ours: Int32
    let theirs: Int32
    /// Theirs.
    let path: String

    init(_ size: TerminalSize, owner: UInt32?) throws(Failure) {
        var window = Self.window(size)
        let ends: (Int32, Int32)? = Spawn.oneAtATime.withLock { _ in
            var (master, slave): (Int32, Int32) = (-1, -1)
            guard openpty(&master, &slave, nil, nil, &window) == 0 else { return nil }
            for end in [master, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (master, slave)
        }
        guard let ends, let name = ttyname(ends.1) else { throw Descriptors.failure("a terminal") }
        (ours, theirs) = ends
        path = String(cString: name)
        if let owner { fchown(theirs, owner, owner) }
    }

    /// The kernel tells the programs there.
    static func resize(_ terminal: Int32, to size: TerminalSize) {
        var window = window(size)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &window)
    }

    private static func window(_ size: TerminalSize) -> winsize {
        winsize(
            ws_row: UInt16(clamping: size.rows), ws_col: UInt16(clamping: size.columns),
            ws_xpixel: 0, ws_ypixel: 0)
    }
}
