import CapacityPath
import Foundation
import Glibc
import Vocabulary

/// By what leases are kept apart on this machine: what we are allowed to use, each found by trying.
struct LocalMechanisms: Hashable, Sendable {
    var groups: ControlGroups
    /// Users of their own for leases.
    var hasUsers: Bool
    /// File systems in files.
    var hasImages: Bool
    /// Why something of the above cannot be had.
    var problems: [Isolation.Boundary: String]

    static func find(scratch: String) -> LocalMechanisms {
        let (groups, missing) = ControlGroups.usable()
        var problems: [Isolation.Boundary: String] = [:]
        problems[.memory] = missing[.memory]
        problems[.processCount] = missing[.pids]
        problems[.cpu] = missing[.cpu]
        let isRoot = geteuid() == 0
        var hasImages = false
        do throws(Failure) {
            guard isRoot else {
                throw Failure(.forbidden, "a limit that the kernel keeps needs root")
            }
            // Where volumes are depends on it: a hitch must not pass for a machine without.
            try again(3) { () throws(Failure) in try tryImage(scratch) }
            hasImages = true
        } catch {
            problems[.disk] = "\(error.message); files are only added up once a second"
        }
        return LocalMechanisms(
            groups: groups, hasUsers: isRoot, hasImages: hasImages, problems: problems)
    }

    private static func tryImage(_ scratch: String) throws(Failure) {
        let place = try IsolationProbe.newDirectory(in: scratch)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let image = DiskImage(path: place + "/image")
        try image.make(mebibytes: 8, owner: 0, isLasting: false)
        let directory = place + "/mounted"
        mkdir(directory, 0o700)
        try Spawn.run(
            Self.privately + ["mount", "-o", DiskImage.options, image.path, directory])
    }

    private static func again(
        _ times: Int, _ attempt: () throws(Failure) -> Void
    ) throws(Failure) {
        for _ in 1..<times {
            do throws(Failure) { return try attempt() } catch { usleep(200_000) }
        }
        try attempt()
    }

    /// Before a command line: what it mounts nobody else sees, and it goes with it.
    static let privately = ["unshare", "--mount", "--propagation", "private", "--"]
}
