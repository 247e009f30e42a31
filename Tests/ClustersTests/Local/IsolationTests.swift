import CapacityPath
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Clusters

@Suite(.timeLimit(.minutes(2)))
struct IsolationTests {
    @Test(.enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
    func `as root every boundary is tried and holds`() async throws {
        try await withLocalCluster(known: nil) { stand in
            let isolation = stand.cluster.isolation
            #expect(isolation.missing == [:])
            #expect(isolation.enforced.count == Isolation.Boundary.allCases.count)
            #expect(isolation.sufficesForCustomers)
        }
    }

    @Test func `what broke once stays broken`() {
        let found = IsolationProbe.parse(
            "files held\nfiles broken\nfiles held\nmemory held\nnoise\nother held\ncpu\n")
        #expect(found == [.files: false, .memory: true])
    }

    @Test func `both layouts of control groups are read`() {
        let hybrid = """
            tmpfs /sys/fs/cgroup tmpfs rw 0 0
            cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
            cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
            """
        let mixed = ControlGroups.mounted(in: hybrid) { _ in "hugetlb pids\n" }
        #expect(
            mixed.map { "\($0.controller) \($0.directory) \($0.words)" } == [
                "cpu /sys/fs/cgroup/cpu,cpuacct cgroup v1",
                "memory /sys/fs/cgroup/memory cgroup v1",
                "pids /sys/fs/cgroup/unified cgroup v2",
            ])
        let unified = ControlGroups.mounted(in: "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0") { _ in
            "cpuset cpu io memory pids"
        }
        #expect(unified.map(\.controller) == [.cpu, .memory, .pids])
        let groups = ControlGroups(mounts: unified)
        #expect(groups.doors("l") == ["/sys/fs/cgroup/spillway/l/cgroup.procs"])
    }

    @Test func `GPUs are read, named and found by their device files`() {
        let text = """
            0, GPU-aaaa, NVIDIA H200, 143771
            1, GPU-bbbb, NVIDIA H200, 143771
            No devices were found
            """
        let gpus = MachineShape.gpus(in: text, minors: ["GPU-aaaa": 3])
        #expect(gpus.map(\.identifier) == ["GPU-aaaa", "GPU-bbbb"])
        let shape = MachineShape(cpus: 16, memoryMiB: 1000, gpus: gpus, slots: 16)
        #expect(shape.devices([0]).first == "/dev/nvidia3")
        #expect(shape.devices([1]).first == "/dev/nvidia1")
        #expect(shape.devices([]).isEmpty)
        #expect(
            shape.node
                == NodeShape(
                    accelerator: shape.node.accelerator, accelerators: 2,
                    acceleratorMemoryMiB: 143771, cpuThousandths: 16000, memoryMiB: 750))
        let names = [
            "NVIDIA H200": "h200", "NVIDIA A100-SXM4-80GB": "a100", "Tesla T4": "t4",
            "NVIDIA GeForce RTX 4090": "geforce-rtx-4090", "": "gpu",
        ]
        for (name, type) in names { #expect("\(MachineShape.type(of: name))" == type) }
    }

    @Test func `secrets stand on no command line`() throws {
        let specification = LeaseSpecification(
            lease: LeaseID(high: 1, low: 1), node: try #require(NodeName("n")), command: ["true"],
            environment: ["TOKEN": "secret"], files: [], hardLimit: nil,
            limits: ControlGroups.Limits(
                memoryMiB: 1, processes: 1, cpuThousandths: 1, devices: []),
            groups: ControlGroups(mounts: []), user: 5, hasImage: true, diskMiB: 1, logBytes: 1,
            devices: ["/dev/nvidia3"], volumes: [])
        #expect(!Sandbox.command(specification).joined(separator: " ").contains("secret"))
        let options = Sandbox.options(specification, stage: "/mnt")
        #expect(options.contains("secret"))
        let device = try #require(options.firstIndex(of: "--dev-bind"))
        #expect(options[device + 1] == "/dev/nvidia3")
    }
}
