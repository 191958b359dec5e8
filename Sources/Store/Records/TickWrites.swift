package import DAGModel

/// All that one tick of the scheduler writes, grouped by table: committed together or not at all.
///
/// Every group joins on the revision of its run: rows of a run that somebody else changed meanwhile are left alone. Writing the same
/// tick twice is the same as writing it once, so that a commit whose outcome is unknown can be repeated.
package struct TickWrites: Sendable {
    /// The runs that the tick writes to, with the revisions that the scheduler knows.
    package var runs: [(id: Int64, revision: Int64)] = []
    /// Tasks whose instance -1 is replaced by `newInstances`.
    package var expandedTasks: [(run: Int64, taskID: String)] = []
    package var newInstances: [InstanceWrite] = []
    package var instances: [InstanceWrite] = []
    package var attempts: [AttemptRecord] = []
    package var outputs: [OutputWrite] = []
    package var runStates: [RunStateWrite] = []
    /// What happened for which there are callbacks.
    package var callbacks: [CallbackWrite] = []
    /// Runs that have failed, of DAGs that are paused after some failures in a row.
    package var failures: [FailedRunWrite] = []
    /// Updates of assets by instances that have succeeded.
    package var assetEvents: [AssetEventWrite] = []

    package init() {}

    package var isEmpty: Bool {
        newInstances.isEmpty && instances.isEmpty && attempts.isEmpty && outputs.isEmpty && runStates.isEmpty
    }

    /// Leaves everything of one run unwritten.
    package mutating func leaveOut(_ run: Int64) {
        runs.removeAll { $0.id == run }
        expandedTasks.removeAll { $0.run == run }
        newInstances.removeAll { $0.run == run }
        instances.removeAll { $0.run == run }
        attempts.removeAll { $0.run == run }
        outputs.removeAll { $0.run == run }
        runStates.removeAll { $0.run == run }
        failures.removeAll { $0.run == run }
        callbacks.removeAll { $0.run == run }
        assetEvents.removeAll { $0.run == run }
    }
}

/// The new content of one task instance row.
package struct InstanceWrite: Sendable, Hashable {
    package var run: Int64
    package var taskID: String
    package var mapIndex: Int
    /// The state that the row must still have; another one means that the scheduler's memory is wrong.
    package var from: TaskState
    package var state: TaskState
    package var tryNumber: Int
    package var maxTries: Int
    package var losses: Int
    package var attempt: Int64?
    package var token: [UInt8]?
    package var worker: String?
    package var pid: Int?
    package var queuedAt: Instant?
    package var startedAt: Instant?
    package var endedAt: Instant?
    package var retryAt: Instant?
    package var reason: String?
    package var listLength: Int?
    package var steering: String?
    /// What people call the instance of a mapped task.
    package var mapIndexName: String?
    package var wait: TaskWait?

    package init(
        run: Int64, taskID: String, mapIndex: Int, from: TaskState, state: TaskState, tryNumber: Int, maxTries: Int,
        losses: Int
    ) {
        self.run = run
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.from = from
        self.state = state
        self.tryNumber = tryNumber
        self.maxTries = maxTries
        self.losses = losses
    }
}

/// The output of one attempt.
package struct OutputWrite: Sendable, Hashable {
    package var run: Int64
    package var taskID: String
    package var mapIndex: Int
    package var attempt: Int64
    /// JSON text.
    package var value: String
    /// The fingerprint of its type; nil when the type is not known.
    package var schema: String?

    package init(
        run: Int64, taskID: String, mapIndex: Int, attempt: Int64, value: String, schema: String? = nil
    ) {
        self.run = run
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.attempt = attempt
        self.value = value
        self.schema = schema
    }
}

/// The new state of one run.
package struct RunStateWrite: Sendable, Hashable {
    package var run: Int64
    package var state: DAGRunState
    package var startedAt: Instant?
    package var endedAt: Instant?

    package init(run: Int64, state: DAGRunState, startedAt: Instant?, endedAt: Instant?) {
        self.run = run
        self.state = state
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// A run that has failed: its DAG is paused if enough of its newest runs have.
package struct FailedRunWrite: Sendable, Hashable {
    package var run: Int64
    package var dagID: String
    /// So many of the DAG's newest runs have to have failed.
    package var limit: Int
    package var at: Instant
    /// Why the DAG is paused then, for people.
    package var reason: String

    package init(run: Int64, dagID: String, limit: Int, at: Instant, reason: String) {
        self.run = run
        self.dagID = dagID
        self.limit = limit
        self.at = at
        self.reason = reason
    }
}
