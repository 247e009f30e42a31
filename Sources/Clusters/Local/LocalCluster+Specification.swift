import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
import Vocabulary

extension LocalCluster {
    /// What a start comes to on this machine. Throws ``Failure`` for what cannot run here.
    func specification(_ start: LeaseStart) throws(Failure) -> LeaseSpecification {
        let grant = start.grant
        guard let share = grant.shares.first, grant.shares.count == 1 else {
            throw Failure(
                .invalidRequest,
                "The cluster \(name) has one node; a gang of \(grant.shares.count) cannot run here."
            )
        }
        try check(share.node)
        guard !start.work.command.isEmpty else {
            throw Failure(.invalidRequest, "There is no command to run.", parameter: "command")
        }
        let texts = start.work.command + start.work.environment.flatMap { [$0.key, $0.value] }
        let names = start.work.environment.keys
        guard !texts.contains(where: { $0.utf8.contains(0) }),
            !names.contains(where: { $0.isEmpty || $0.contains("=") })
        else {
            throw Failure(
                .invalidRequest, "A command or variable has a NUL, or a variable's name has '='.")
        }
        var size = 0
        for (path, bytes) in start.files {
            _ = try Beneath.names(of: path)
            size += bytes.count
        }
        guard size <= LocalPlace.Limit.inputBytes else {
            throw Failure(
                .tooLarge,
                "The files of a lease may have \(LocalPlace.Limit.inputBytes >> 20) MiB together. "
                    + "Put what is larger on a volume.", parameter: "files")
        }
        let slots = share.devices.isEmpty ? 1000 : share.accelerators.thousandths
        let cpu = share.cpuThousandths > 0 ? share.cpuThousandths : slots
        let memory =
            share.memoryMiB > 0
            ? share.memoryMiB
            : shape.node.memoryMiB * slots / 1000 / Int64(max(1, shape.node.accelerators))
        let disk = diskMiB(Accelerators(thousandths: slots))
        let volumes = try attached(start.work.volumes)
        let user = try user(for: start.work.volumes)
        try promise(mebibytes: disk)
        return LeaseSpecification(
            lease: grant.lease, node: node, command: start.work.command,
            environment: environment(start, share, memoryMiB: memory),
            files: start.files.keys.sorted(),
            hardLimit: start.hardLimit,
            limits: ControlGroups.Limits(
                memoryMiB: memory,
                processes: max(1, cpu / 1000) * LocalPlace.Limit.processesPerCPU,
                cpuThousandths: cpu, devices: rules(share.devices)),
            groups: mechanisms.groups, user: user, hasImage: mechanisms.hasImages, diskMiB: disk,
            logBytes: place.logBytes, devices: shape.devices(share.devices), volumes: volumes)
    }

    private func environment(
        _ start: LeaseStart, _ share: NodeShare, memoryMiB: Int64
    ) -> [String: String] {
        let grant = start.grant
        var variables = [
            "PATH": Sandbox.searchPath, "HOME": "/workspace", "USER": "work", "TMPDIR": "/tmp",
            "LANG": "C.UTF-8",
            // What the work prints is shown while it runs.
            "PYTHONUNBUFFERED": "1",
        ]
        if !shape.gpus.isEmpty {
            variables["CUDA_VISIBLE_DEVICES"] = shape.gpus
                .filter { share.devices.contains($0.index) }.map(\.identifier)
                .joined(separator: ",")
        }
        variables.merge(start.work.environment) { _, given in given }
        let ours = [
            "LEASE": "\(grant.lease)", "ORDER": "\(grant.order)", "POOL": "\(grant.pool)",
            "CLUSTER": "\(name)", "ATTEMPT": "\(grant.attempt)",
            "RANK": "0", "NODES": "1", "NODE_NAMES": "\(node)",
            "ARRAY_INDEX": "\(grant.index)", "ARRAY_SIZE": "\(start.arraySize)",
            "ACCELERATORS": Self.decimal(share.accelerators),
            "ACCELERATOR_TYPE": "\(shape.node.accelerator)",
            "CPUS": Self.decimal(Accelerators(thousandths: share.cpuThousandths)),
            "MEMORY_MIB": "\(memoryMiB)",
        ]
        for (name, value) in ours { variables["SPILLWAY_" + name] = value }
        if let limit = start.hardLimit { variables["SPILLWAY_TIME_LIMIT"] = "\(limit)" }
        return variables
    }

    /// `2`, `0.25`.
    private static func decimal(_ count: Accelerators) -> String {
        let (whole, rest) = count.thousandths.quotientAndRemainder(dividingBy: 1000)
        guard rest > 0 else { return "\(whole)" }
        var digits = String(1000 + rest).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// The device files as the cgroup wants them named.
    private func rules(_ indexes: [Int]) -> [String] {
        shape.devices(indexes).compactMap { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            let device = status.st_rdev
            let major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
            let minor = (device & 0xFF) | (device >> 12 & ~0xFF)
            return "c \(major):\(minor) rw"
        }
    }

    private func diskMiB(_ accelerators: Accelerators) -> Int64 {
        let perSlot = place.diskMiBPerSlot ?? min(LocalPlace.Limit.diskMiBPerSlot, shareOfFree)
        return max(16, perSlot * accelerators.thousandths / 1000)
    }

    /// Half of what is free, in equal parts for all accelerators.
    private var shareOfFree: Int64 {
        freeMiB / 2 / Int64(max(1, shape.node.accelerators))
    }

    private var freeMiB: Int64 {
        var status = statvfs()
        guard statvfs(place.dataDirectory, &status) == 0 else { return 0 }
        return (Int64(status.f_bavail) * Int64(status.f_frsize)) >> 20
    }

    /// Throws ``Failure`` unless the disk has room for that much more beside all that leases and
    /// volumes may still fill.
    func promise(mebibytes: Int64) throws(Failure) {
        guard mechanisms.hasImages else { return }
        let live = state.withLock { state in
            state.told.filter { if case .ended = $0.value { false } else { true } }.map(\.key)
        }
        var images = live.map { directory($0).image }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.volumes)) ?? []
        images += names.filter { $0.hasSuffix(".img") }.map { "\(place.volumes)/\($0)" }
        var promised: Int64 = 0
        for image in images {
            var status = stat()
            guard stat(image, &status) == 0 else { continue }
            promised += max(0, Int64(status.st_size) - Int64(status.st_blocks) * 512) >> 20
        }
        for lease in live where !LeaseDirectory.exists(directory(lease).image) {
            let path = directory(lease).specification
            promised += LeaseDirectory.read(LeaseSpecification.self, at: path)?.diskMiB ?? 0
        }
        let room = freeMiB - promised - LocalPlace.Limit.reservedDiskMiB
        guard mebibytes <= room else {
            throw Failure(
                .unavailable,
                "The disk of \(node) has \(max(0, room)) MiB that nobody was promised, and "
                    + "\(mebibytes) MiB are needed. Delete volumes, or make room on the disk.",
                retry: .after(.seconds(60)))
        }
    }
}
