public import DAGModel
internal import WorkerProtocol

/// What a callback knows of what happened, and how it asks for connections and variables: those that the task or, for a run, the DAG declares
/// with `uses:`.
public struct CallbackContext: Sendable {
    private let task: TaskContext
    private let event: CallbackEvent

    init(_ task: TaskContext, _ event: CallbackEvent) {
        self.task = task
        self.event = event
    }

    /// What happened.
    public var kind: CallbackKind { event.kind }
    /// The same each time the callback is called for the same event, and different for every other event: what makes a second call
    /// recognisable for whom it tells.
    public var dedupeKey: String { event.dedupeKey }
    public var dagID: String { task.dagID }
    public var runID: String { task.runID }
    /// nil for what happened to the run as a whole.
    public var taskID: String? { event.taskID }
    /// The position within a mapped task, from 0; -1 when the task is not mapped.
    public var mapIndex: Int { event.mapIndex }
    /// The try that ended, from 1; 0 for a run.
    public var tryNumber: Int { event.tryNumber }
    /// The state of the task instance or the run, as Airflow spells it: `failed`, `up_for_retry`.
    public var state: String { event.state }
    /// Why, for people. For a run one of Airflow's words: `success`, `task_failure`, `all_tasks_deadlocked` or `timed_out`.
    public var reason: String? { event.reason }
    /// The attempt that ended; nil for a run, and for a task that needed none.
    public var attempt: Int64? { event.attempt }
    /// Where the API serves the log of the try that ended, without the server's address; nil for a run.
    public var logPath: String? { event.logPath(dagID: dagID, runID: runID) }
    /// When it happened.
    public var at: Instant { event.at }
    /// The deadline that the run has missed; nil unless ``kind`` is `deadline`.
    public var deadline: Instant? { event.deadline?.at }
    /// 1 for the first call, more when the calls before failed or were lost.
    public var callNumber: Int { task.tryNumber }
    /// The time that the run stands for; nil for a run that was triggered without one.
    public var logicalDate: Instant? { task.logicalDate }
    public var dataIntervalStart: Instant? { task.dataIntervalStart }
    public var dataIntervalEnd: Instant? { task.dataIntervalEnd }

    /// The parameters of the run.
    ///
    /// - Throws: ``FailTask`` when the run's parameters do not fit the type.
    public func params<Params: DAGParams>(_ type: Params.Type) throws -> Params { try task.params(type) }

    /// A connection that the task or the DAG declares with `uses: [.connection("…")]`.
    ///
    /// - Throws: ``FailTask`` when it is not declared or does not exist.
    public func connection(_ id: String) async throws -> TaskConnection { try await task.connection(id) }

    /// The text of a variable that the task or the DAG declares with `uses: [.variable("…")]`.
    ///
    /// - Throws: ``FailTask`` when it is not declared or does not exist.
    public func variable(_ key: String) async throws -> String { try await task.variable(key) }
}
