/// Every limit of the capacity path; seconds unless its name says otherwise.
package enum CapacityLimits {
    /// Money is held, and a lease charged, in steps of so much, where its terms do not say
    /// otherwise.
    package static let holdPeriod: Int64 = 60
    /// A stretch is charged so long after it ended, so that an end that is heard of late does not
    /// find itself charged beyond.
    package static let chargeLag: Int64 = 30
    /// How long until money that was short is asked for again.
    package static let moneyRetry: Int64 = 60
    /// An order that found no money for so long is ended.
    package static let moneyPatience: Int64 = 86_400
    /// How long work may take to begin; then it is stopped and started elsewhere.
    package static let start: Int64 = 600
    /// How long a stop may take: windows and claims are cleared that much earlier.
    package static let stop: Int64 = 15
    /// A stop that has not led to an end is asked for again after so long.
    package static let stopRepeat: Int64 = 60
    /// How long an order waits until nodes are kept free for it although nobody knows when the
    /// rest of its gang will be.
    package static let patience: Int64 = 600
    /// Waiting orders get a new estimate at least so often.
    package static let estimate: Int64 = 60
    /// Spot work is not placed where it would get its notice sooner than this.
    package static let shortestSpotRun: Int64 = 60
    /// A node in service is checked so often; one that failed its check is tried again after it.
    package static let checkPeriod: Int64 = 3600
    package static let recheck: Int64 = 600
    /// Clusters are asked so often how their nodes are.
    package static let nodeReports: Int64 = 2
    /// A check that was not answered is asked for again after so long.
    package static let checkRepeat: Int64 = 120
    /// How long a returned node waits to hear that what ran there has ended.
    package static let straggler: Int64 = 120
    /// How long an order that has ended, and its leases, are kept in mind.
    package static let memory: Int64 = 3600

    /// Starts in a row that may fail by us before a job is given up.
    package static let startFailures = 10
    /// Starts in a row that may fail on a node before it is checked.
    package static let nodeStartFailures = 3
    /// Copies of an array job.
    package static let arraySize = 10_000
    /// Ends of firm work that one estimate looks at.
    package static let endsPerEstimate = 64
    /// Steps of one search for the smallest set of victims; see ``VictimSearch``.
    package static let searchSteps = 50_000
}
