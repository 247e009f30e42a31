/// How much of a node's free accelerators the work that is usual could use, for equal nodes.
///
/// FGD (Weng et al., "Beware of Fragmentation", USENIX ATC 2023) measures the fragmentation of a
/// node as F = Σ over kinds of work m of pₘ × the free accelerators that m cannot use: all of them
/// where the node lacks CPUs or accelerators for m, otherwise those with less free than m asks of
/// one. Placing work takes the same amount of free accelerators wherever it goes, so the smallest
/// increase of F is the smallest loss of `usable` = Σ pₘ × the free accelerators that m can use.
/// That is a sum over devices and over the number of whole ones, with weights that depend on the
/// free CPUs alone: so it is read from two small tables instead of summed over kinds.
///
/// Weights are counts and amounts are thousandths: everything is exact.
struct FragmentationTable: Hashable, Sendable {
    /// The CPUs that kinds ask for, ascending; a row for every number of them that is satisfied.
    private var cpuThresholds: [Int64]
    /// For 0 to 1000 thousandths free: how many of the shares that kinds ask for fit.
    private var shareRank: [UInt16]
    private var shareColumns: Int
    /// Weight of the kinds that ask for a share, by row and rank.
    private var shareWeight: [Int64]
    private var wholeColumns: Int
    /// Weight of the kinds that ask for whole accelerators, by row and whole ones free.
    private var wholeWeight: [Int64]

    init(profile: NodeProfile, kinds: [(demand: NodeDemand, weight: Int64)]) {
        var tasks: [(demand: ResolvedDemand, weight: Int64)] = []
        for kind in kinds {
            guard kind.demand.devices > 0, let demand = profile.resolve(kind.demand) else {
                continue
            }
            tasks.append((demand, kind.weight))
        }
        let thresholds = Set(tasks.map(\.demand.cpuThousandths)).sorted()
        let shares = Set(tasks.lazy.filter(\.demand.isShare).map(\.demand.thousandths)).sorted()
        let rows = thresholds.count + 1
        let (shareColumns, wholeColumns) = (shares.count + 1, profile.devices + 1)
        var shareWeight = [Int64](repeating: 0, count: rows * shareColumns)
        var wholeWeight = [Int64](repeating: 0, count: rows * wholeColumns)
        for (demand, weight) in tasks {
            for row in 1..<rows where thresholds[row - 1] >= demand.cpuThousandths {
                if demand.isShare {
                    for rank in 1..<shareColumns where shares[rank - 1] >= demand.thousandths {
                        shareWeight[row * shareColumns + rank] += weight
                    }
                } else {
                    for whole in demand.devices..<wholeColumns {
                        wholeWeight[row * wholeColumns + whole] += weight
                    }
                }
            }
        }
        self.cpuThresholds = thresholds
        self.shareRank = (0...1000).map { free in
            UInt16(shares.prefix { $0 <= free }.count)
        }
        self.shareColumns = shareColumns
        self.shareWeight = shareWeight
        self.wholeColumns = wholeColumns
        self.wholeWeight = wholeWeight
    }

    /// The row for so many free CPUs.
    func row(cpuThousandths: Int64) -> Int {
        var (low, high) = (0, cpuThresholds.count)
        while low < high {
            let middle = (low + high) / 2
            if cpuThresholds[middle] <= cpuThousandths { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What one device with so much free adds, by the shares that fit on it.
    func usable(row: Int, device free: Int) -> Int64 {
        Int64(free) * shareWeight[row * shareColumns + Int(shareRank[free])]
    }

    /// What so many whole devices add, by both.
    func usable(row: Int, whole: Int) -> Int64 {
        Int64(whole) * 1000
            * (shareWeight[row * shareColumns + shareColumns - 1]
                + wholeWeight[row * wholeColumns + whole])
    }
}
