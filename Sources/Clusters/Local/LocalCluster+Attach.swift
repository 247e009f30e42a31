package import CapacityPath
import Foundation
import Glibc
package import Vocabulary

extension LocalCluster {
    /// The namespaces of a sandbox, held open, so that they are that lease's and no other's however
    /// late they are entered.
    private struct Namespaces: ~Copyable {
        private static let parentOfNamespace: UInt = 0xB702
        /// What nsenter calls them, and the kernel.
        private static let kinds = [
            ("mount", "mnt"), ("net", "net"), ("pid", "pid"), ("ipc", "ipc"), ("uts", "uts"),
        ]

        var open: [(option: String, descriptor: Int32)] = []
        /// The one that the work's is made in, which owns all the others; and the work's.
        var users: (outer: Int32, inner: Int32) = (-1, -1)

        init(_ running: RunningRecord) throws(Failure) {
            for (option, name) in Self.kinds {
                let path = "/proc/\(running.process)/ns/\(name)"
                open.append((option, try Descriptors.open(path, O_RDONLY)))
            }
            users.inner = try Descriptors.open("/proc/\(running.process)/ns/user", O_RDONLY)
            users.outer = ioctl(users.inner, Self.parentOfNamespace, 0)
            let pid = open.first { $0.option == "pid" }?.descriptor ?? -1
            let link = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\(pid)")
            guard users.outer >= 0, link == running.namespace else {
                throw Failure(.conflict, "The lease has just ended.")
            }
        }

        var network: Int32 { open.first { $0.option == "net" }?.descriptor ?? -1 }

        deinit {
            for (_, descriptor) in open { close(descriptor) }
            close(users.inner)
            close(users.outer)
        }
    }

    package func attach(
        _ lease: LeaseID, rank: Int, _ target: AttachTarget
    ) async throws(Failure) -> Attachment {
        let directory = try known(lease)
        guard rank == 0 else {
            throw Failure(.notFound, "\(lease) has one node: its rank is 0.", parameter: "rank")
        }
        guard !LeaseDirectory.exists(directory.ended),
            let running = LeaseDirectory.read(RunningRecord.self, at: directory.running),
            let specification = LeaseDirectory.read(
                LeaseSpecification.self, at: directory.specification)
        else { throw Failure(.conflict, "\(lease) does not run now.") }
        return try await Blocking.run { () throws(Failure) in
            let namespaces = try Namespaces(running)
            switch target {
            case .command(let command, let terminal):
                return try Self.attach(command, terminal, specification, namespaces)
            case .port(let port) where specification.user != nil:
                return AttachedDescriptors.attachment(
                    socket: try NetworkNamespace.connect(port, in: namespaces.network))
            case .port(let port):
                // Without root no thread of ours can go there; a shell inside can.
                let script = "exec 3<>/dev/tcp/127.0.0.1/$0; cat <&3 & cat >&3; wait"
                return try Self.attach(
                    ["bash", "-c", script, "\(port)"], nil, specification, namespaces)
            }
        }
    }

    private static func attach(
        _ command: [String], _ terminal: TerminalSize?, _ specification: LeaseSpecification,
        _ namespaces: borrowing Namespaces
    ) throws(Failure) -> Attachment {
        guard !command.isEmpty else {
            throw Failure(.invalidRequest, "There is no command to run.", parameter: "command")
        }
        var placed: [Int32: Int32] = [:]
        var names: [(option: String, descriptor: Int32)] = []
        var number: Int32 = 3
        for (option, descriptor) in namespaces.open {
            placed[number] = descriptor
            names.append((option, number))
            number += 1
        }
        placed[number] = namespaces.users.outer
        placed[number + 1] = namespaces.users.inner
        let line = Sandbox.attachment(
            specification, namespaces: names, users: (outer: number, inner: number + 1),
            hasTerminal: terminal != nil, command: command)
        guard let terminal else {
            let input = try Descriptors.pipe()
            let output = try Descriptors.pipe()
            defer {
                close(input.read)
                close(output.write)
            }
            let pipes: [Int32: Int32] = [0: input.read, 1: output.write, 2: output.write]
            let process = try Spawn.start(
                line, descriptors: placed.merging(pipes) { _, pipe in pipe })
            return AttachedDescriptors.attachment(
                process: process, input: input.write, output: output.read, isTerminal: false)
        }
        let ends = try PseudoTerminal(terminal, owner: specification.user)
        defer { close(ends.theirs) }
        let process = try Spawn.start(line, descriptors: placed, terminal: ends.path)
        return AttachedDescriptors.attachment(
            process: process, input: ends.ours, output: dup(ends.ours), isTerminal: true)
    }
}
