import CapacityPath
import Foundation
import Glibc
import Vocabulary

/// Finds out what isolation this machine gives, by running a hostile lease and looking how far it
/// came. What a mechanism promises is not asked.
struct IsolationProbe {
    private enum Limit {
        /// For all of it: a machine under load takes many times the second that it needs alone.
        static let seconds: Int64 = 60
        static let patience = Duration.seconds(90)
        static let leftOverSeconds: Int64 = 120
        static let memoryMiB: Int64 = 48
        static let diskMiB: Int64 = 16
        static let processes: Int64 = 48
        static let cpuThousandths: Int64 = 200
    }

    private static let prefix = "probe"

    let place: LocalPlace
    let mechanisms: LocalMechanisms

    /// Tries everything once.
    func run() -> IsolationFinding {
        removeLeftOvers()
        do throws(Failure) {
            let directory = LeaseDirectory(path: try Self.newDirectory(in: place.memory))
            defer { try? FileManager.default.removeItem(atPath: directory.path) }
            let listener = try Listener()
            defer { listener.end() }
            return judge(try attempts(directory, port: listener.port), or: "it was not reached")
        } catch {
            return judge([:], or: error.message)
        }
    }

    /// A directory for one trial: never another's, whose processes may still write to it.
    static func newDirectory(in memory: String) throws(Failure) -> String {
        var template = Array("\(memory)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Descriptors.failure(memory) }
        return template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }

    /// Ends what trials have left that were killed, and removes what has ended.
    private func removeLeftOvers() {
        let now = place.clock.now()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.memory)) ?? []
        where name.hasPrefix(Self.prefix) {
            let directory = LeaseDirectory(path: "\(place.memory)/\(name)")
            var status = stat()
            guard stat(directory.path, &status) == 0 else { continue }
            if directory.isHeld {
                let stop = StopRecord(at: now.microseconds, grace: 0)
                try? LeaseDirectory.write(stop, to: directory.stop)
            } else if now.seconds - Int64(status.st_mtim.tv_sec) > Limit.leftOverSeconds {
                let lease = LeaseDirectory.read(
                    LeaseSpecification.self, at: directory.specification)?.lease
                if let lease { mechanisms.groups.remove(lease.description) }
                try? FileManager.default.removeItem(atPath: directory.path)
            }
        }
    }

    /// What the hostile lease says: for each boundary whether it held.
    private func attempts(
        _ directory: LeaseDirectory, port: UInt16
    ) throws(Failure) -> [Isolation.Boundary: Bool] {
        let secret = directory.path + "/secret"
        let file = try Descriptors.open(secret, O_WRONLY | O_CREAT, mode: 0o644)
        close(file)
        var generator = SystemRandomNumberGenerator()
        let specification = LeaseSpecification(
            lease: LeaseID(at: place.clock.now(), using: &generator),
            node: MachineShape.hostName(), command: ["/bin/sh", "-c", Self.script],
            environment: [
                "PATH": Sandbox.searchPath, "SECRET": secret, "PORT": "\(port)",
                "SHARE": "\(Limit.cpuThousandths)",
            ],
            files: [], hardLimit: Limit.seconds,
            limits: ControlGroups.Limits(
                memoryMiB: Limit.memoryMiB, processes: Limit.processes,
                cpuThousandths: Limit.cpuThousandths, devices: []),
            groups: mechanisms.groups,
            user: mechanisms.hasUsers ? LocalCluster.probeUser : nil,
            hasImage: mechanisms.hasImages, diskMiB: Limit.diskMiB, logBytes: 1 << 16,
            devices: [], volumes: [])
        try LeaseDirectory.write(specification, to: directory.specification)
        try LocalCluster.launch(directory, place: place, mechanisms: mechanisms)
        let deadline = ContinuousClock.now + Limit.patience
        while !LeaseDirectory.exists(directory.ended) {
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    .unavailable, "a lease that was tried did not end: \(text(directory.shimLog))")
            }
            usleep(5000)
        }
        if case .startFailed(let why) = LeaseDirectory.read(
            EndRecord.self, at: directory.ended)?.cause
        {
            throw Failure(.unavailable, why)
        }
        return Self.parse(text(directory.log))
    }

    private func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    static func parse(_ log: String) -> [Isolation.Boundary: Bool] {
        var found: [Isolation.Boundary: Bool] = [:]
        for line in log.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let boundary = Isolation.Boundary(rawValue: String(words[0]))
            else { continue }
            // Once broken stays broken.
            found[boundary] = found[boundary] != false && words[1] == "held"
        }
        return found
    }

    /// `otherwise`: why something that was not tried was not.
    private func judge(
        _ attempts: [Isolation.Boundary: Bool], or otherwise: String
    ) -> IsolationFinding {
        var finding = IsolationFinding(
            isolation: Isolation(enforced: [:], missing: [:]), untried: [:], broken: [])
        for boundary in Isolation.Boundary.allCases {
            if let problem = mechanisms.problems[boundary] {
                finding.isolation.missing[boundary] = problem
                continue
            }
            switch attempts[boundary] {
            case true?: finding.isolation.enforced[boundary] = words(boundary)
            case false?:
                finding.isolation.missing[boundary] = "tried, and it did not hold"
                finding.broken.insert(boundary)
            case nil: finding.untried[boundary] = otherwise
            }
        }
        return finding
    }

    private func words(_ boundary: Isolation.Boundary) -> String {
        let groups = mechanisms.groups
        switch boundary {
        case .files:
            return "mount namespace (bubblewrap)" + (mechanisms.hasUsers ? ", own user" : "")
        case .processes: return "process namespace (bubblewrap)"
        case .network: return "network namespace with loopback only (bubblewrap)"
        case .memory: return groups.mount(.memory)?.words ?? ""
        case .cpu: return groups.mount(.cpu)?.words ?? ""
        case .processCount: return groups.mount(.pids)?.words ?? ""
        case .disk: return "file system of fixed size (loop device)"
        case .devices:
            let group = groups.mount(.devices).flatMap { $0.isUnified ? nil : ", " + $0.words }
            return "own /dev (bubblewrap)" + (group ?? "")
        }
    }

    /// Tries each boundary, with what every Debian has. Forking without end comes last: after that
    /// there is no process left to try anything with. What it forks stays, however long that takes;
    /// it ends with the sandbox.
    private static let script = """
        say() { if [ "$2" = 0 ]; then echo "$1 broken"; else echo "$1 held"; fi; }
        try() { name=$1; shift; "$@" >/dev/null 2>&1; say "$name" $?; }
        try files cat "$SECRET"
        try files touch /usr/spillway-probe
        try files cat /etc/shadow
        set -- /proc/[0-9]*; try processes [ $# -gt 9 ]
        try network bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT"
        try network grep -q '^ *[^l :]*[^o :]*[0-9]:' /proc/net/dev
        try devices mknod /workspace/memory c 1 1
        try devices test -e /dev/kmsg
        try devices test -e /dev/mem
        try disk sh -c 'head -c 64m /dev/zero >/workspace/fill'
        rm -f /workspace/fill
        before=$(date +%s%N); now=$before
        while [ $((now - before)) -lt 300000000 ]; do
            i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; now=$(date +%s%N)
        done
        if read -r ran rest </proc/$$/schedstat; then
            try cpu [ $((ran * 1000 / (now - before))) -gt $((SHARE * 2)) ]
        fi
        try memory sh -c 'head -c 200m /dev/zero | tail -c 150m | wc -c | grep -q 157286400'
        (i=0; while [ $i -lt 100 ]; do sleep 600 & i=$((i + 1)); done) 2>/dev/null
        say processCount $?
        """

    // MARK: What is remembered

    /// A certain finding, and what it is certain of: this start of the machine, and our user.
    private struct Memory: Codable {
        var boot: String
        var user: UInt32
        var isolation: Isolation
    }

    private var memory: String { place.memory + "/isolation.json" }

    private static var boot: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    }

    /// What was found before Spillway was started again: so that work need not wait for a trial
    /// after each start. It is tried again all the same.
    var remembered: Isolation? {
        guard let memory = LeaseDirectory.read(Memory.self, at: memory), !memory.boot.isEmpty,
            memory.boot == Self.boot, memory.user == geteuid()
        else { return nil }
        var isolation = memory.isolation
        for (boundary, problem) in mechanisms.problems {
            isolation.enforced[boundary] = nil
            isolation.missing[boundary] = problem
        }
        return isolation
    }

    func remember(_ isolation: Isolation) {
        try? LeaseDirectory.write(
            Memory(boot: Self.boot, user: geteuid(), isolation: isolation), to: memory)
    }

    /// A port of this machine that a sandbox must not reach.
    private struct Listener {
        let port: UInt16
        private let socket: Int32

        init() throws(Failure) {
            let socket = Glibc.socket(
                AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(socket, address, length) == 0 && listen(socket, 8) == 0
                        && getsockname(socket, address, &length) == 0
                }
            }
            self.socket = socket
            port = UInt16(bigEndian: address.sin_port)
            guard socket >= 0, result else { throw Descriptors.failure("a port on loopback") }
        }

        func end() { close(socket) }
    }
}
