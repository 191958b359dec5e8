// Ends of a whole run that its leaves do not decide.
extension RunPlan {
    /// Ends every unfinished instance: executing ones in `executing`, the others as skipped, as a person's cancel does.
    public mutating func finishAll(executing: TaskState) -> [InstanceChange] {
        let changes = finish(including: { _ in true }, by: .scheduler) { $0.isExecuting ? executing : .skipped }
        forgetNews()
        return changes
    }

    /// The run took longer than its timeout: it has failed, and everything unfinished in it is skipped.
    ///
    /// Source: Airflow 3.3.2, `jobs/scheduler_job_runner.py`, `_schedule_dag_run`.
    public mutating func timeOut() -> [InstanceChange] {
        endsAs = .failed
        return finishAll(executing: .skipped)
    }

    /// A person marks the run: what runs or waits outside ends in the same state, what has not begun is skipped, what is finished stays, and
    /// teardowns are left to run. The run has ended once they have, as the person said.
    ///
    /// Source: Airflow 3.3.2, `api/common/mark_tasks.py`; there a run whose teardowns were still to run is judged by its leaves.
    public mutating func mark(_ state: DAGRunState) -> [InstanceChange] {
        guard state.isFinished else { return [] }
        endsAs = state
        let ended: TaskState = state == .success ? .success : .failed
        return finish(including: { !$0.isTeardown }, by: .person) { old in
            old == .running || old.isSuspended ? ended : .skipped
        }
    }

    /// Skips everything, teardowns too, of a run that has not begun.
    public mutating func skipAll() -> [InstanceChange] {
        finish(including: { _ in true }, by: .person) { _ in .skipped }
    }

    /// A person marked the run before: it ends so, whatever its leaves say.
    public mutating func willEnd(as state: DAGRunState?) { endsAs = state }

    /// A task of a DAG that fails fast has failed: what runs has failed with it, the rest is skipped, teardowns stay.
    ///
    /// Source: Airflow 3.3.2, `models/taskinstance.py`, `_stop_remaining_tasks`.
    mutating func stopOthers() -> [InstanceChange] {
        defer { isFailingFast = false }
        return finish(including: { !$0.isTeardown }, by: .scheduler) { $0.isExecuting ? .failed : .skipped }
    }

    private mutating func finish(
        including isIncluded: (TaskRole) -> Bool, by actor: StateActor, as end: (TaskState) -> TaskState
    ) -> [InstanceChange] {
        var changes: [InstanceChange] = []
        for task in tasks.indices where tasks[task].unfinished > 0 && isIncluded(graph.tasks[task].role) {
            for instance in tasks[task].instances where !instance.state.isFinished {
                let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
                let state = end(instance.state)
                guard set(key, state, by: actor) else { continue }
                changes.append(InstanceChange(key: key, from: instance.state, state: state))
            }
        }
        return changes
    }

    /// Nothing is left to decide.
    private mutating func forgetNews() {
        for task in dirtyTasks { tasks[task].isDirty = false }
        dirtyTasks.removeAll()
        dirtyInstances.removeAll()
        arrivals.removeAll()
        isFailingFast = false
    }
}
