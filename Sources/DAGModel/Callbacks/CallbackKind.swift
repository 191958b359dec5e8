/// What a callback is declared for.
public enum CallbackKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A task, or a run, has failed for good.
    case failure
    /// A task, or a run, has ended well.
    case success
    /// A task has failed, or lost its worker, and will be tried again.
    case retry
    /// The body of a task said that it has nothing to do.
    case skipped
    /// A run has not ended well by a deadline.
    case deadline
}

extension CallbackKind {
    /// The callback for an instance that has come to this state.
    package init?(endOf state: TaskState) {
        switch state {
        case .failed: self = .failure
        case .success: self = .success
        case .upForRetry: self = .retry
        case .skipped: self = .skipped
        default: return nil
        }
    }
}
