/// Code that runs when a task or a run ends: ``DAG/onFailure``, ``DefaultArgs`` and the functions `onFailure`, `onSuccess`, `onRetry` and
/// `onSkipped` of tasks take one.
///
/// ```swift
/// let alert = Callback { event in
///     let hook = try await event.connection("slack")
///     try await post("\(event.taskID ?? event.dagID) \(event.state): \(event.reason ?? "")", to: hook, id: event.dedupeKey)
/// }
/// ```
///
/// It runs on a worker in a process of its own, as tasks do, in the version of the DAG that the run is pinned to. It is called at least once
/// for each event, and seldom twice, when a worker or scheduler died at the wrong moment: ``CallbackContext/dedupeKey`` tells. An error that it
/// throws has it called again after a pause, up to five times in all; ``FailTask`` ends that at once. It may take five minutes.
public struct Callback: Sendable {
    typealias Body = @Sendable (CallbackContext) async throws -> Void

    let body: Body?

    public init(_ body: @escaping @Sendable (CallbackContext) async throws -> Void) { self.body = body }

    private init() { body = nil }

    /// No callback: the default of ``DAG/onFailure`` and ``DAG/onSuccess``, and, for one task, what undoes a default.
    public static let nothing = Callback()
}
