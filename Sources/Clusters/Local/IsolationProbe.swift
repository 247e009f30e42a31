import CapacityPath
import Foundation
import Glibc
import Vocabulary

/// Finds out what isolation this machine gives, by running a hostile lease and looking how far it
/// came. What a mechanism promises is not asked.
struct IsolationProbe {
    private enum Limit {
        static let patience = Duration.seconds(60)
        static let memoryMiB: Int64 = 48
        static let diskMiB: Int64 = 16
        static let processes: Int64 = 48
        static let cpuThousandths: Int64 = 200
    }

    let place: LocalPlace
    let mechanisms: LocalMechanisms

    func run() -> Isolation {
        let directory = LeaseDirectory(path: place.memory + "/probe")
        try? FileManager.default.removeItem(atPath: directory.path)
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        do throws(Failure) {
            let listener = try Listener()
            defer { listener.end() }
            return judge(try attempts(directory, port: listener.port))
        } catch {
            return Isolation(
                enforced: [:],
                missing: Dictionary(
                    uniqueKeysWithValues: Isolation.Boundary.allCases.map { ($0, error.message) }))
        }
    }

    /// What the hostile lease says: for each boundary whether it held.
    private func attempts(
        _ directory: LeaseDirectory, port: UInt16
    ) throws(Failure) -> [Isolation.Boundary: Bool] {
        guard mkdir(directory.path, 0o700) == 0 else { throw Descriptors.failure(directory.path) }
        let secret = place.memory + "/secret"
        let file = try Descriptors.open(secret, O_WRONLY | O_CREAT, mode: 0o644)
        close(file)
        defer { unlink(secret) }
        var generator = SystemRandomNumberGenerator()
        let specification = LeaseSpecification(
            lease: LeaseID(at: place.clock.now(), using: &generator),
            node: MachineShape.hostName(), command: ["/bin/sh", "-c", Self.script],
            environment: [
                "PATH": Sandbox.searchPath, "SECRET": secret, "PORT": "\(port)",
                "SHARE": "\(Limit.cpuThousandths)",
            ],
            files: [], hardLimit: 30,
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

    private func judge(_ attempts: [Isolation.Boundary: Bool]) -> Isolation {
        var isolation = Isolation(enforced: [:], missing: [:])
        for boundary in Isolation.Boundary.allCases {
            if let problem = mechanisms.problems[boundary] {
                isolation.missing[boundary] = problem
                continue
            }
            switch attempts[boundary] {
            case true?: isolation.enforced[boundary] = words(boundary)
            case false?: isolation.missing[boundary] = "tried, and it did not hold"
            case nil: isolation.missing[boundary] = "it could not be tried"
            }
        }
        return isolation
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
    /// there is no process left to try anything with.
    private static let script = """
        say() { if [ "$2" = 0 ]; then echo "$1 broken"; else echo "$1 held"; fi; }
        try() { name=$1; shift; "$@" >/dev/null 2>&1; say "$name" $?; }
        try files cat "$SECRET"
        try files touch /usr/spillway-probe
        try files cat /etc/shadow
        set -- /proc/[0-9]*; try processes [ $# -gt 9 ]
        try network bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT"
        try network grep -q '^ *[^l :]*[^o :]*[0-9]:' /proc/net/dev
        try devices mknod /work/memory c 1 1
        try devices test -e /dev/kmsg
        try devices test -e /dev/mem
        try disk sh -c 'head -c 64m /dev/zero >/work/fill'
        rm -f /work/fill
        before=$(date +%s%N); now=$before
        while [ $((now - before)) -lt 300000000 ]; do
            i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; now=$(date +%s%N)
        done
        if read -r ran rest </proc/$$/schedstat; then
            try cpu [ $((ran * 1000 / (now - before))) -gt $((SHARE * 2)) ]
        fi
        try memory sh -c 'head -c 200m /dev/zero | tail -c 150m | wc -c | grep -q 157286400'
        (i=0; while [ $i -lt 100 ]; do sleep 2 & i=$((i + 1)); done) 2>/dev/null
        say processCount $?
        """

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
