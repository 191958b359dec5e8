package import DAGModel

/// One DAG run as stored.
package struct RunRecord: Sendable, Hashable {
    package var id: Int64
    package var dagID: String
    package var runID: String
    package var versionID: Int64
    package var type: DAGRunType
    package var state: DAGRunState
    package var logicalDate: Instant?
    package var dataIntervalStart: Instant?
    package var dataIntervalEnd: Instant?
    package var runAfter: Instant
    package var queuedAt: Instant
    package var startedAt: Instant?
    package var endedAt: Instant?
    /// The parameters, a JSON object.
    package var params: String
    package var triggeredBy: String
    package var note: String?
    package var isCancelRequested: Bool
    /// How a run that a person marked ends when its teardowns have run.
    package var endsAs: DAGRunState?
    /// The backfill that made the run, or had it begin again last; nil for any other run.
    package var backfill: BackfillPlace?
    package var revision: Int64
}

/// A run's place in a backfill.
package struct BackfillPlace: Sendable, Hashable {
    /// The backfill.
    package var id: Int64
    /// From 1, in the order in which the runs are to start.
    package var ordinal: Int

    package init(id: Int64, ordinal: Int) {
        self.id = id
        self.ordinal = ordinal
    }
}

/// A DAG run to be created.
package struct NewRun: Sendable, Hashable {
    package var dagID: String
    package var runID: String
    package var versionID: Int64
    package var type: DAGRunType
    package var logicalDate: Instant?
    package var dataIntervalStart: Instant?
    package var dataIntervalEnd: Instant?
    package var runAfter: Instant
    package var params: String
    package var triggeredBy: String
    package var note: String?
    package var backfill: BackfillPlace?

    package init(
        dagID: String, runID: String, versionID: Int64, type: DAGRunType, logicalDate: Instant?,
        dataIntervalStart: Instant?, dataIntervalEnd: Instant?, runAfter: Instant, params: String,
        triggeredBy: String, note: String? = nil
    ) {
        self.dagID = dagID
        self.runID = runID
        self.versionID = versionID
        self.type = type
        self.logicalDate = logicalDate
        self.dataIntervalStart = dataIntervalStart
        self.dataIntervalEnd = dataIntervalEnd
        self.runAfter = runAfter
        self.params = params
        self.triggeredBy = triggeredBy
        self.note = note
    }
}
