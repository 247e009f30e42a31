package import Vocabulary

/// What the local cluster may use of this machine.
package struct LocalPlace: Sendable {
    package enum Limit {
        /// Of one lease's log; what comes after is dropped, and the log says so.
        package static let logBytes: Int64 = 64 << 20
        /// Of one file that is fetched.
        package static let fileBytes = 64 << 20
        /// Of all files that a lease is given.
        package static let inputBytes = 64 << 20
        /// Processes and threads, per CPU.
        package static let processesPerCPU: Int64 = 1024
        /// Of the disk, for all that is not a lease's or a volume's.
        package static let reservedDiskMiB: Int64 = 1024
        package static let diskMiBPerSlot: Int64 = 20 << 10
    }

    package var name: ClusterName
    /// Of Spillway: absolute. `leases/` and `volumes/` are made in it.
    package var dataDirectory: String
    /// Of this program, which has the shim: absolute.
    package var program: String
    /// How many CPU slots are offered where there are no GPUs; nil: one for each CPU.
    package var slots: Int?
    /// For the files of a lease, per accelerator; nil: by what is free.
    package var diskMiBPerSlot: Int64?
    package var logBytes: Int64
    /// How long the files and logs of ended leases are kept.
    package var retention: Duration
    package var clock: WallClock

    package init(
        name: ClusterName, dataDirectory: String, program: String, slots: Int? = nil,
        diskMiBPerSlot: Int64? = nil, logBytes: Int64 = Limit.logBytes,
        retention: Duration = .seconds(30 * 86400), clock: WallClock
    ) {
        self.name = name
        self.dataDirectory = dataDirectory
        self.program = program
        self.slots = slots
        self.diskMiBPerSlot = diskMiBPerSlot
        self.logBytes = logBytes
        self.retention = retention
        self.clock = clock
    }

    var leases: String { dataDirectory + "/leases" }
    var volumes: String { dataDirectory + "/volumes" }
    /// What the cluster itself remembers.
    var memory: String { dataDirectory + "/local" }
}
