/// The state of a task instance, spelled as Airflow spells it. `none` is a task instance that nobody has looked at yet
/// (Airflow's `null`).
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
}
