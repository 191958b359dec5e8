internal import DAGModel

/// What the scheduler waits for, in one heap by monotonic time. A timer that is no longer wanted is recognised when it is due.
struct SchedulerTimers: Sendable {
    enum Kind: Sendable, Hashable {
        /// The next attempt of an instance, which has begun `tryNumber` attempts so far.
        case retry(run: Int64, key: InstanceKey, tryNumber: Int)
        /// The end of an instance's wait, `until`.
        case wake(run: Int64, key: InstanceKey, until: Instant)
        /// The lease of a worker that has not been heard of.
        case lease(worker: WorkerID)
        /// Attempts of a former leader that no worker has reported.
        case orphans
        /// Bodies that began a moment ago.
        case starts
        /// The `dagrunTimeout` of a run that started then.
        case runTimeout(run: Int64, startedAt: Instant)
        /// The `runAfter` of a waiting run of a DAG.
        case start(dagID: String)
    }

    private struct Entry: Comparable, Sendable {
        var due: Int64
        var sequence: Int
        var kind: Kind

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.sequence) < (right.due, right.sequence) }
    }

    private var heap = BinaryHeap<Entry>()
    private var sequence = 0

    /// The monotonic time in microseconds at which the next timer is due.
    var next: Int64? { heap.first?.due }

    mutating func add(_ kind: Kind, at due: Int64) {
        sequence += 1
        heap.push(Entry(due: due, sequence: sequence, kind: kind))
    }

    mutating func popDue(_ now: Moment) -> Kind? {
        guard let first = heap.first, first.due <= now.monotonic else { return nil }
        return heap.pop()?.kind
    }
}
