/// What happened, as a callback is told. It stands in the outbox from the transaction that commits what happened until the callback has run.
public struct CallbackEvent: Sendable, Hashable {
    public var kind: CallbackKind
    /// The same each time the callback is called for the same event, and different for every other event.
    public var dedupeKey: String
    /// nil for what happened to the run as a whole.
    public var taskID: String?
    /// The index within a mapped task, -1 when the task is not mapped.
    public var mapIndex: Int
    /// The try that ended; 0 for a run.
    public var tryNumber: Int
    /// The new state of the task instance or the run, as Airflow spells it.
    public var state: String
    /// Why, for people; for runs one of Airflow's words: `success`, `task_failure`, `all_tasks_deadlocked` or `timed_out`.
    public var reason: String?
    /// The attempt that ended; nil when none was needed.
    public var attempt: Int64?
    public var at: Instant
    /// Which of the DAG's deadlines was missed, from 0, and when it was.
    public var deadline: MissedDeadline?

    public init(
        _ kind: CallbackKind, dedupeKey: String, taskID: String? = nil, mapIndex: Int = -1, tryNumber: Int = 0,
        state: String, reason: String? = nil, attempt: Int64? = nil, at: Instant, deadline: MissedDeadline? = nil
    ) {
        self.kind = kind
        self.dedupeKey = dedupeKey
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.tryNumber = tryNumber
        self.state = state
        self.reason = reason
        self.attempt = attempt
        self.at = at
        self.deadline = deadline
    }
}

/// A deadline that a run has missed.
public struct MissedDeadline: Sendable, Hashable {
    /// Its place among the DAG's deadlines, from 0.
    public var index: Int
    public var at: Instant

    public init(index: Int, at: Instant) {
        self.index = index
        self.at = at
    }
}

extension CallbackEvent {
    /// Where the API serves the log of the try that ended, without the server's address; nil for a run.
    public func logPath(dagID: String, runID: String) -> String? {
        guard let taskID else { return nil }
        let parts = ["dags", dagID, "dagRuns", runID, "taskInstances", taskID, "logs", String(max(1, tryNumber))]
        let path = "/api/v2/" + parts.map(PercentCoding.encode).joined(separator: "/")
        return mapIndex < 0 ? path : "\(path)?map_index=\(mapIndex)"
    }
}
