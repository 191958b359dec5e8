/// The text of `docs/task-states.md`, made from the tables.
package enum StatesPage {
    package static var text: String {
        """
        # States

        This page is generated from the tables in `Sources/DAGModel/States`; a test compares it with them.

        ## Task instances

        | state | finished | failure | success | schedulable | holds a slot | active |
        |---|---|---|---|---|---|---|
        \(TaskState.allCases.map(row).joined(separator: "\n"))

        `none` is Airflow's `null`. *Failure* and *success* are what leaves and earlier runs are judged by; *schedulable* instances may get a new
        attempt; *holds a slot* counts in the pool, *active* against the limits on instances of one task.

        | from | to | by | when |
        |---|---|---|---|
        \(TaskState.transitions.map(row).joined(separator: "\n"))

        A change that is not in the table is not made: a late report of a worker is answered with "nothing waits for it", and a decision of the
        planner outside the table stops a debug build and is left out in a release build.

        ## DAG runs

        | from | to | by | when |
        |---|---|---|---|
        \(DAGRunState.transitions.map(row).joined(separator: "\n"))

        The leaves that count are the tasks with nothing downstream but teardowns that do not fail the run, and such teardowns themselves do not
        count. A failed task under a leaf that succeeded gives a successful run.

        """
    }

    private static func row(_ state: TaskState) -> String {
        let sets = [
            state.isFinished, state.isFailure, state.isSuccess, state.isSchedulable, state.holdsSlot, state.isActive,
        ]
        return "| `\(state.rawValue)` | \(sets.map { $0 ? "yes" : "" }.joined(separator: " | ")) |"
    }

    private static func row<State: RawRepresentable<String>>(_ row: StateTransition<State>) -> String {
        let from = row.from.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        return "| \(from) | `\(row.to.rawValue)` | \(row.by.rawValue) | \(row.when) |"
    }
}
