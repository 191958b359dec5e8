internal import DAGModel
internal import Store
internal import WorkerProtocol

/// The scheduler's decisions, without clock, database, sockets or `async`: events go in, ``tick(_:)`` says what to write and what to do
/// when that is committed.
///
/// The state here is a cache of the database. A tick's changes are made here at once; the caller commits the same tick again until
/// it is committed, or drops the core when another scheduler leads.
package struct SchedulerCore: Sendable {
    let epoch: Int64
    let rules: LeaseRules
    private var attemptCounter: Int64 = 0

    var dags: [String: DAGEntry] = [:]
    /// The backfills that are not finished, and those that runs in memory belong to.
    var backfills: [Int64: BackfillRecord] = [:]
    var runs: [Int64: ActiveRun] = [:]
    var workers: [WorkerID: WorkerEntry] = [:]
    var attempts: [AttemptID: LiveAttempt] = [:]
    var ready = ReadyInstances()
    /// For each run, the runs that it is the past of.
    var successors: [Int64: Set<Int64>] = [:]
    /// What instances that wait without an attempt take of the limits, by run.
    var waiting: [Int64: [InstanceKey: [Hold]]] = [:]
    /// DAGs whose waiting runs may be able to start.
    var startable: Set<String> = []
    var timers = SchedulerTimers()
    var touched: [Int64] = []
    var pendingEffects: [(run: Int64?, effect: Effect)] = []
    var pendingAttempts: [AttemptRecord] = []
    var pendingOutputs: [OutputWrite] = []
    var pendingCallbacks: [CallbackWrite] = []
    /// Bodies that have begun and whose rows do not say so yet, in the order in which they were heard of.
    var pendingStarts: [PendingStart] = []

    package init(epoch: Int64, rules: LeaseRules = LeaseRules()) {
        self.epoch = epoch
        self.rules = rules
    }

    /// The monotonic time in microseconds at which a tick is due without any event.
    package var nextTimer: Int64? { startable.isEmpty ? timers.next : 0 }

    package var activeRuns: Int { runs.count }

    mutating func nextAttemptID() -> AttemptID {
        attemptCounter += 1
        return AttemptID(epoch: epoch, counter: attemptCounter)
    }

    /// Marks a run as one that this tick has to look at.
    mutating func touch(_ run: Int64) {
        guard runs[run]?.isTouched == false else { return }
        runs[run]?.isTouched = true
        touched.append(run)
    }
}

/// What the scheduler knows of a DAG beyond its runs.
struct DAGEntry: Sendable {
    var isPaused = false
    /// Its own runs, under nil, and those of each backfill.
    var lines: [Int64?: RunLine] = [:]
    /// Runs with tasks that depend on the run before.
    var needingPast: Set<Int64> = []
}

/// Runs of a DAG that share one limit.
struct RunLine: Sendable {
    /// Runs in state `running`.
    var running = 0
    /// Runs that wait to start, in their order.
    var queued: [Int64] = []
}

extension RunRecord {
    /// The line of its DAG that the run is in.
    var line: Int64? { backfill?.id }
}
