/// How often things go wrong in a simulated cluster, and by how much. Thousandths are of one
/// thousand; times are milliseconds.
package struct SimulatedFaults: Hashable, Sendable {
    /// How long work takes to begin.
    package var startDelay: ClosedRange<Int64>
    /// How long work takes to go once it is told to.
    package var stopDelay: ClosedRange<Int64>
    package var startFailureThousandths: UInt64
    /// Mean time between two deaths of one node; nil: none dies.
    package var nodeLife: Int64?
    package var nodeReturn: ClosedRange<Int64>
    /// How long until the death of a node is noticed.
    package var detection: ClosedRange<Int64>
    /// How late a report of a lease may come.
    package var reportDelay: ClosedRange<Int64>
    /// Reports that are said twice.
    package var repeatedThousandths: UInt64
    /// Mean time between two silences of the whole cluster; nil: it always answers.
    package var silenceEvery: Int64?
    package var silence: ClosedRange<Int64>

    package init(
        startDelay: ClosedRange<Int64>, stopDelay: ClosedRange<Int64>,
        startFailureThousandths: UInt64 = 0, nodeLife: Int64? = nil,
        nodeReturn: ClosedRange<Int64> = 30_000...300_000,
        detection: ClosedRange<Int64> = 1000...15_000, reportDelay: ClosedRange<Int64> = 0...0,
        repeatedThousandths: UInt64 = 0, silenceEvery: Int64? = nil,
        silence: ClosedRange<Int64> = 1000...60_000
    ) {
        self.startDelay = startDelay
        self.stopDelay = stopDelay
        self.startFailureThousandths = startFailureThousandths
        self.nodeLife = nodeLife
        self.nodeReturn = nodeReturn
        self.detection = detection
        self.reportDelay = reportDelay
        self.repeatedThousandths = repeatedThousandths
        self.silenceEvery = silenceEvery
        self.silence = silence
    }

    /// Quick, and nothing goes wrong.
    package static let none = SimulatedFaults(startDelay: 50...500, stopDelay: 50...1000)
}
