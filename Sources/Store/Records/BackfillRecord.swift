package import DAGModel

/// One backfill as stored.
package struct BackfillRecord: Sendable, Hashable {
    package var id: Int64
    package var dagID: String
    /// The version that its runs are pinned to.
    package var versionID: Int64
    /// What was asked for; `taskIDs` with the setups and teardowns of the tasks.
    package var spec: BackfillSpec
    package var triggeredBy: String
    package var isPaused: Bool
    package var isCancelled: Bool
    package var createdAt: Instant
    package var updatedAt: Instant
    package var completedAt: Instant?

    /// What a run says that a backfill made, as in Airflow.
    static let trigger = "backfill"

    /// No run of it leaves `queued`, and none is made.
    package var isHeld: Bool { isPaused && completedAt == nil }

    /// The tasks that its runs do; nil for all.
    package var subset: TaskSubset? { spec.taskIDs.map { TaskSubset(Set($0)) } }

    /// Whether a run that waits ends because the backfill was cancelled; one that a person cleared later does not.
    package func drops(_ run: RunRecord) -> Bool {
        guard isCancelled, let completedAt else { return false }
        return run.state == .queued && run.queuedAt <= completedAt
    }
}

/// A backfill to be created.
package struct NewBackfill: Sendable {
    package var version: VersionRecord
    package var spec: BackfillSpec
    package var dates: [(run: DAGRunInfo, action: BackfillAction)]
    package var triggeredBy: String

    package init(
        version: VersionRecord, spec: BackfillSpec, dates: [(run: DAGRunInfo, action: BackfillAction)],
        triggeredBy: String
    ) {
        self.version = version
        self.spec = spec
        self.dates = dates
        self.triggeredBy = triggeredBy
    }
}

/// How far a backfill is: the number of its dates in each condition.
package struct BackfillProgress: Sendable, Hashable {
    /// Their turn has not come.
    package var waiting = 0
    /// There is no run of the backfill for them, and will be none.
    package var skipped = 0
    package var queued = 0
    package var running = 0
    package var success = 0
    package var failed = 0

    package init() {}

    package var total: Int { waiting + skipped + queued + running + success + failed }
}

/// One date of a backfill and what became of it.
package struct BackfillDate: Sendable, Hashable {
    package var backfill: Int64
    package var ordinal: Int
    package var logicalDate: Instant
    /// The run that was made, and its state now; nil while the date waits, and when it is skipped.
    package var runID: String?
    package var state: DAGRunState?
    package var skip: BackfillSkip?
}
