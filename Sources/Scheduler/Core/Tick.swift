package import Store
package import WorkerProtocol

/// What one tick decided: what to write, and what to do once that is committed.
package struct Tick: Sendable {
    package var writes = TickWrites()
    /// What to do after the commit; those of a run only if the run's rows came back.
    package var effects: [(run: Int64?, effect: Effect)] = []

    package var isEmpty: Bool { writes.isEmpty && effects.isEmpty }
}

package enum Effect: Sendable {
    case dispatch(WorkerID, AttemptSpec)
    case cancel(WorkerID, AttemptID, reason: String)
    case acknowledge(WorkerID, AttemptID)
    /// An instance waits for this event now, which may have been sent a moment ago.
    case lookForEvent(key: String)
    /// The worker's lease ended although its connection is open: it is to be closed.
    case disconnect(WorkerID)
    /// All instances of these tasks of a run have ended well: later runs may wait for that.
    case pastEnded(Int64, tasks: [String])
    /// The outbox has new callbacks.
    case callCallbacks
    /// The worker that made a call is gone.
    case callLost(Delivery, AttemptID, String)
    /// Something that people should read in the scheduler's log.
    case tell(String)
    /// The run has ended and left the scheduler's memory.
    case finished(dagID: String, runID: String)
}

/// How the leader deals with workers, in microseconds.
package struct LeaseRules: Sendable {
    package var heartbeat: Duration = .seconds(5)
    package var lease: Duration = .seconds(20)
    /// How long a leader without its database answers `hold`.
    package var hold: Duration = .seconds(60)
    /// How long a body runs before its row says `running`: one that ends sooner costs no write for it.
    package var startDelay: Duration = .milliseconds(50)

    package init() {}
}
