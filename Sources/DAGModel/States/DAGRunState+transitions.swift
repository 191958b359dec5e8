extension DAGRunState {
    /// Every change of a DAG run that there is. `docs/task-states.md` shows this table.
    ///
    /// Source: Airflow 3.3.2, `models/dagrun.py`, `update_state`; `models/taskinstance.py`, `clear_task_instances`.
    public static let transitions: [StateTransition<DAGRunState>] = [
        .init([.queued], .running, .scheduler, "its time has come and fewer than `maxActiveRuns` runs are active"),
        .init([.running], .success, .scheduler, "no task instance is unfinished and no leaf has failed"),
        .init([.running], .failed, .scheduler, "no task instance is unfinished and a leaf has failed"),
        .init([.running], .failed, .scheduler, "nothing in it can move any more, or it ran longer than its timeout"),
        .init([.queued, .running], .failed, .scheduler, "it was cancelled, or its backfill was"),
        .init([.queued, .running, .failed], .success, .person, "marked; teardowns still run first"),
        .init([.queued, .running, .success], .failed, .person, "marked; teardowns still run first"),
        .init([.success, .failed], .queued, .person, "task instances of it were cleared, or it was marked so"),
    ]

    /// Whether the table allows a change.
    public func mayBecome(_ state: DAGRunState, by actor: StateActor) -> Bool {
        DAGRunState.transitions.contains { $0.by == actor && $0.to == state && $0.from.contains(self) }
    }
}
