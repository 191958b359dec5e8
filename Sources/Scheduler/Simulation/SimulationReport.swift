package import DAGModel

/// What a simulated period was like.
package struct SimulationReport: Sendable {
    package struct DAG: Sendable {
        package var id: String
        package var runs = 0
        package var succeeded = 0
        package var failed = 0
        /// Still queued or running when the period ended.
        package var unfinished: Int { runs - succeeded - failed }
        package var attempts = 0
        package var failedAttempts = 0
        package var mostActiveRuns = 0
        /// From the time at which a run may start until it did, in seconds, of all runs that started.
        package var delays: [Double] = []
        /// From the start to the end of a run, in seconds, of all runs that ended.
        package var durations: [Double] = []
        package var nextRun: Instant?
        /// When so many runs in a row had failed that the scheduler would have paused the DAG.
        package var pausedAt: Instant?
    }

    package struct Pool: Sendable {
        package var name: String
        /// -1 for no limit.
        package var slots: Int
        package var mostUsed = 0
        /// Seconds in which no slot was free.
        package var full = 0.0
        /// Slot-seconds that were used.
        package var used = 0.0
    }

    package struct Run: Sendable {
        package var dagID: String
        package var runID: String
        package var logicalDate: Instant?
        package var runAfter: Instant
        package var startedAt: Instant?
        package var endedAt: Instant?
        package var state: DAGRunState
    }

    package var from: Instant
    package var to: Instant
    package var dags: [DAG] = []
    /// The workers' slots, then the pools by name.
    package var pools: [Pool] = []
    /// Every run in the order of creation, if asked for.
    package var runs: [Run] = []
}

extension [Double] {
    /// The value that a share of all values does not exceed (nearest rank); nil of none.
    package func quantile(_ share: Double) -> Double? {
        guard !isEmpty else { return nil }
        let rank = Int((Double(count) * share).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}
