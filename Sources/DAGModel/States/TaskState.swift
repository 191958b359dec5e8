/// The state of a task instance, spelled as Airflow spells it. `none` is a task instance that nobody has looked at yet
/// (Airflow's `null`). Which state may follow which is in ``TaskState/transitions``.
///
/// Source: Airflow 3.3.2, `utils/state.py`.
public enum TaskState: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    case scheduled
    case queued
    case running
    case restarting
    case upForRetry = "up_for_retry"
    case upForReschedule = "up_for_reschedule"
    case deferred
    case awaitingInput = "awaiting_input"
    case success
    case failed
    case skipped
    case upstreamFailed = "upstream_failed"
    case removed

    /// Nothing will change this state but a person.
    public var isFinished: Bool {
        switch self {
        case .success, .failed, .skipped, .upstreamFailed, .removed: true
        default: false
        }
    }

    /// An attempt exists that a worker has been told about or is running.
    public var isExecuting: Bool { self == .queued || self == .running || self == .restarting }

    /// The state counts as a failure of the run when the task is a leaf.
    public var isFailure: Bool { self == .failed || self == .upstreamFailed }

    /// The state lets tasks start that depend on an earlier run of this one.
    public var isSuccess: Bool { self == .success || self == .skipped }

    /// The scheduler may give the instance a new attempt when its dependencies or its time allow it.
    public var isSchedulable: Bool { self == .none || self == .upForRetry || self == .upForReschedule }

    /// The instance counts against the slots of its pool, as Airflow's execution states do.
    public var holdsSlot: Bool { self == .queued || self == .running }

    /// The instance waits for time, a remote job or a person, without a process and without a worker's slot.
    public var isSuspended: Bool { self == .upForReschedule || self == .deferred || self == .awaitingInput }

    /// The instance counts against the limits on active instances of its task.
    public var isActive: Bool { holdsSlot || self == .deferred || self == .awaitingInput }

    /// A scheduler that takes over has to find out what became of the attempt.
    public var isAdoptable: Bool { isExecuting }
}
