/// What instances share and may use up. One that is blocked waits for it apart, so that it hides nothing behind it.
enum Limit: Sendable, Hashable {
    /// Nothing of a paused DAG starts.
    case pause(dagID: String)
    /// `maxActiveTasks`
    case run(Int64)
    /// `maxActiveTisPerDag`
    case task(dagID: String, taskID: String)
    /// `maxActiveTisPerDagrun`
    case taskInRun(Int64, task: Int)
    case pool(String)
    /// The part of a pool that instances take which hold no slot of a worker, if the pool counts them.
    case poolWaits(String)
}

/// How much of a limit an instance takes while an attempt of it executes.
struct Hold: Sendable, Hashable {
    let limit: Limit
    var amount = 1
    /// The most that may be taken together; of a pool, as much as it has now.
    var capacity = 0
}
