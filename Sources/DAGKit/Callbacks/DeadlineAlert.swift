public import DAGModel

/// Calls back when a run has not ended well by a deadline, as Airflow's: one of ``DAG/deadlines``.
///
/// ```swift
/// let deadlines = [
///     DeadlineAlert(.dagRunQueuedAt, interval: .hours(2)) { event in print("\(event.runID) is late: \(event.state)") },
///     DeadlineAlert(.averageRuntime(maxRuns: 20), interval: .minutes(10), name: "slow", callback: tell),
/// ]
/// ```
///
/// The time is computed when the run is created and does not change later. A run that is `success` by then meets the deadline; for any other, also
/// one that has failed, the callback is called, once for each run and deadline, whatever becomes of the run afterwards; see ``Callback``.
public struct DeadlineAlert: Sendable {
    let document: DeadlineDocument
    let callback: Callback

    /// - Parameters:
    ///   - reference: What the time is counted from.
    ///   - interval: From the reference to the deadline; may be negative, except from `.dagRunQueuedAt`.
    ///   - name: For people. Defaults to none.
    public init(_ reference: DeadlineReference, interval: Duration, name: String? = nil, callback: Callback) {
        document = DeadlineDocument(reference, interval: interval.inSeconds, name: name)
        self.callback = callback
    }

    /// The same with the code of the callback.
    public init(
        _ reference: DeadlineReference, interval: Duration, name: String? = nil,
        callback: @escaping @Sendable (CallbackContext) async throws -> Void
    ) {
        self.init(reference, interval: interval, name: name, callback: Callback(callback))
    }
}
