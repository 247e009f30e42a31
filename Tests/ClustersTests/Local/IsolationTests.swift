import CapacityPath
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Clusters

@Suite(.timeLimit(.minutes(10)))
struct IsolationTests {
    @Test(.enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
    func `as root every boundary is tried and holds`() async throws {
        try await withLocalCluster(known: nil) { stand in
            let isolation = try await stand.isolation()
            #expect(isolation.missing == [:])
            #expect(isolation.enforced.count == Isolation.Boundary.allCases.count)
            #expect(isolation.sufficesForCustomers)
        }
    }

    @Test(.enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
    func `what a killed trial left behind is ended, and disturbs none`() async throws {
        try await withLocalCluster { stand in
            // As a trial that was killed: its lease runs on without anybody who waits for it.
            let mechanisms = stand.cluster.mechanisms
            let left = LeaseDirectory(
                path: try IsolationProbe.newDirectory(in: stand.place.memory))
            var specification = try stand.cluster.specification(
                stand.order(["/bin/sleep", "600"]))
            specification.hardLimit = nil
            try LeaseDirectory.write(specification, to: left.specification)
            try LocalCluster.launch(left, place: stand.place, mechanisms: mechanisms)
            try await eventually("it runs") { LeaseDirectory.exists(left.running) }
            for name in ["probe", "probe/workspace"] {
                mkdir("\(stand.place.memory)/\(name)", 0o700)
            }
            let probe = IsolationProbe(place: stand.place, mechanisms: mechanisms)
            let findings = await withTaskGroup(of: IsolationFinding?.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try? await Blocking.run { () throws(Failure) in probe.run() }
                    }
                }
                return await group.reduce(into: [IsolationFinding?]()) { $0.append($1) }
            }
            for finding in findings {
                #expect(finding?.isCertain == true, "\(String(describing: finding))")
            }
            try await eventually("what was left has ended") { LeaseDirectory.exists(left.ended) }
        }
    }

    @Test(.enabled(if: LocalStand.canIsolate, "needs root, bubblewrap and the program"))
    func `what was found is known at once after another start`() async throws {
        try await withLocalCluster(known: nil) { stand in
            let isolation = try await stand.isolation()
            let again = try await LocalCluster.open(stand.place)
            #expect(again.isolation == isolation)
            #expect(try await again.nodes().first?.state == .up)
            try LeaseDirectory.replace(stand.place.memory + "/isolation.json", with: [])
            let anew = try await LocalCluster.open(stand.place)
            let report = try #require(try await anew.nodes().first)
            #expect(report.state == .up)
            #expect(report.reason == "it is being found out what it keeps apart")
            let failure = await #expect(throws: Failure.self) {
                try await anew.start(stand.order(["true"]))
            }
            #expect(failure?.code == .unavailable)
            try await eventually("it is found out") { anew.isolation.isKnown }
        }
    }

    @Test func `a trial is repeated until it is certain, less and less often`() {
        let good = Isolation(enforced: [.files: "a", .memory: "b"], missing: [:])
        let certain = IsolationFinding(isolation: good, untried: [:], broken: [])
        let silent = IsolationFinding(
            isolation: Isolation(enforced: [.files: "a"], missing: [:]),
            untried: [.memory: "no answer"], broken: [])
        var broken = certain
        broken.isolation = Isolation(enforced: [.files: "a"], missing: [.memory: "broken"])
        broken.broken = [.memory]

        var standing = IsolationStanding(.untried)
        #expect(!standing.isolation.isKnown && !standing.isolation.sufficesForCustomers)
        let delays = (0..<8).map { _ in standing.take(silent, at: .noon) }
        #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        #expect(!standing.isolation.isKnown)
        #expect(standing.isolation.nextTry == .noon + .seconds(60))
        #expect(
            standing.isolation.sentence
                == "it could not be found out what it keeps apart: memory (no answer); tried again "
                + "at 12:01:00")
        #expect(standing.take(certain, at: .noon) == nil)
        #expect(standing.isolation == good)

        // What was known stays where a trial tells nothing, and goes where one tells otherwise.
        standing = IsolationStanding(good)
        #expect(standing.take(silent, at: .noon) != nil)
        #expect(standing.isolation.sufficesForCustomers)
        #expect(standing.take(broken, at: .noon) != nil)
        #expect(standing.isolation.isKnown && !standing.isolation.sufficesForCustomers)
        #expect(standing.take(silent, at: .noon) != nil)
        #expect(!standing.isolation.sufficesForCustomers)
        #expect(standing.take(certain, at: .noon) == nil)
        #expect(standing.isolation.sufficesForCustomers)
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
