extension TaskState {
    /// Every change of a task instance that there is. `docs/task-states.md` shows this table.
    ///
    /// Source: Airflow 3.3.2, `jobs/scheduler_job_runner.py`, `models/taskinstance.py`, `models/dagrun.py`.
    public static let transitions: [StateTransition<TaskState>] = beginnings + attempts + endings + corrections

    /// Whether the table allows a change.
    public func mayBecome(_ state: TaskState, by actor: StateActor) -> Bool {
        TaskState.allowed[actor.rank][rank] & (1 << state.rank) != 0
    }

    private static let beginnings: [StateTransition<TaskState>] = [
        .init([.none], .scheduled, .scheduler, "trigger rule, past runs and mapping allow it to run; a new try begins"),
        .init([.none], .success, .scheduler, "a task that does nothing needs no worker"),
        .init([.none], .deferred, .scheduler, "the operator starts with its wait and needs no worker before"),
        .init([.none], .upstreamFailed, .scheduler, "the trigger rule, a setup or the list it is mapped over failed"),
        .init([.none], .skipped, .scheduler, "the trigger rule, a branch, a skipped setup or an empty list skips it"),
        .init([.none], .failed, .scheduler, "its lists give more than \(maximumMapLength) instances"),
        .init([.upForRetry], .scheduled, .scheduler, "the wait before the next try is over; a new try begins"),
        .init([.upForReschedule], .scheduled, .scheduler, "it is time to poke again; the try goes on"),
        .init([.deferred], .scheduled, .scheduler, "what it waited for happened, failed or timed out; the try goes on"),
        .init(
            [.awaitingInput], .scheduled, .scheduler,
            "a person answered, or the time to answer is over; the try goes on"),
    ]

    private static let attempts: [StateTransition<TaskState>] = [
        .init([.scheduled], .queued, .scheduler, "limits and slots allow it: an attempt is sent to a worker"),
        .init([.queued], .scheduled, .scheduler, "the worker never took the attempt"),
        .init([.queued], .running, .worker, "the task's process begins"),
        .init([.queued, .running], .success, .worker, "the attempt succeeded"),
        .init([.queued, .running], .skipped, .worker, "the attempt said that there is nothing to do"),
        .init([.queued, .running], .upForRetry, .worker, "the attempt failed and the task has tries left"),
        .init([.queued, .running], .failed, .worker, "the attempt failed for good"),
        .init([.queued, .running], .upForReschedule, .worker, "a sensor gives its slot back until the next poke"),
        .init([.queued, .running], .deferred, .worker, "the task waits for a remote job and gives its slot back"),
        .init([.queued, .running], .awaitingInput, .worker, "the task waits for a person and gives its slot back"),
        .init(suspended, .success, .worker, "the wait itself ended the task"),
        .init(suspended, .skipped, .worker, "the wait itself ended the task"),
        .init(suspended, .upForRetry, .worker, "the wait failed and the task has tries left"),
        .init(suspended, .failed, .worker, "the wait failed for good"),
        .init([.restarting], .upForRetry, .worker, "the attempt that was cleared while it ran has ended"),
        .init([.restarting], .none, .worker, "the attempt that was cleared while it ran has ended"),
    ]

    private static let endings: [StateTransition<TaskState>] = [
        .init([.queued, .running, .restarting], .upForRetry, .scheduler, "the worker or its host is gone"),
        .init([.queued, .running, .restarting], .failed, .scheduler, "the worker or its host is gone, too often"),
        .init([.scheduled], .failed, .scheduler, "the DAG or the task is gone"),
        .init(
            [.queued, .running, .restarting], .failed, .scheduler,
            "another task of a `failFast` DAG failed, or the run was cancelled"),
        .init(
            unfinished.filter { $0 != .none }, .skipped, .scheduler,
            "another task of a `failFast` DAG failed, or the run was cancelled or ran out of time"),
    ]

    private static let corrections: [StateTransition<TaskState>] = [
        .init(
            allCases.filter { $0 != .removed }, .removed, .scheduler, "the task or its list no longer has this instance"
        ),
        .init([.removed], .none, .scheduler, "the task or its list has this instance again"),
        .init(
            [.queued, .running], .restarting, .person, "cleared while a worker had an attempt of it, which is stopped"),
        .init(allCases.filter { ![.none, .running, .restarting].contains($0) }, .none, .person, "cleared"),
        .init(allCases.filter { $0 != .success }, .success, .person, "marked, or its run was marked"),
        .init(allCases.filter { $0 != .failed }, .failed, .person, "marked, or its run was marked"),
        .init(allCases.filter { $0 != .skipped }, .skipped, .person, "marked, or not begun when its run was marked"),
    ]

    private static var suspended: [TaskState] { allCases.filter(\.isSuspended) }
    private static var unfinished: [TaskState] { allCases.filter { !$0.isFinished } }

    /// For each actor and state, the states that may follow, as bits.
    private static let allowed: [[UInt16]] = StateActor.allCases.map { actor in
        allCases.map { state in
            transitions.filter { $0.by == actor && $0.from.contains(state) }.reduce(0) { $0 | 1 << $1.to.rank }
        }
    }

    private var rank: Int {
        switch self {
        case .none: 0
        case .scheduled: 1
        case .queued: 2
        case .running: 3
        case .restarting: 4
        case .upForRetry: 5
        case .upForReschedule: 6
        case .deferred: 7
        case .awaitingInput: 8
        case .success: 9
        case .failed: 10
        case .skipped: 11
        case .upstreamFailed: 12
        case .removed: 13
        }
    }
}

extension StateActor {
    fileprivate var rank: Int {
        switch self {
        case .scheduler: 0
        case .worker: 1
        case .person: 2
        }
    }
}
