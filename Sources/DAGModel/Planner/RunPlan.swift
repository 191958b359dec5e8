/// The state of one DAG run in memory, and the rules by which it moves.
///
/// Each task keeps a tally of how its upstream instances ended, so that an end costs as much as the task has downstream tasks, and
/// nothing is ever recounted. Events are noted first (``end(_:_:)``), then ``pass()`` evaluates the tasks whose tally changed. A pass
/// sees the tallies as they were when it began: what it skips counts in the next pass, as in Airflow's scheduler.
///
/// Every change is one that ``TaskState/transitions`` allows. An event that the table does not allow is refused with an answer that says so;
/// a decision of the planner itself that it does not allow is an error of the planner, which stops a debug build and leaves the instance as
/// it is in a release build.
public struct RunPlan: Sendable {
    public let graph: DAGGraph
    public internal(set) var tasks: [TaskPlan]
    /// Instances that are not finished.
    public internal(set) var unfinished = 0
    /// Instances that will move without anything else happening in the run: scheduled, executing or waiting for a time.
    public internal(set) var active = 0
    /// How the run ends whatever its leaves say: a person marked it, or its time was over.
    public internal(set) var endsAs: DAGRunState?

    var dirtyTasks: [Int] = []
    var dirtyInstances: [InstanceKey] = []
    var arrivals: [(key: InstanceKey, state: TaskState)] = []
    /// Tasks whose past runs do not let them start yet.
    var heldBack: Set<Int> = []
    var isFailingFast = false

    /// A run in which nothing has happened.
    public init(graph: DAGGraph) {
        self.graph = graph
        tasks = graph.tasks.indices.map { task in
            TaskPlan(
                upstream: graph.upstream[task].count,
                setups: graph.upstream[task].count { graph.tasks[$0].role == .setup },
                scope: graph.scope[task].count, isMapped: graph.expansion(of: task) != nil)
        }
        unfinished = tasks.count
        for task in tasks.indices { markDirty(task) }
    }

    public subscript(key: InstanceKey) -> InstancePlan? { tasks[key.task][key.mapIndex] }

    /// Another pass would change nothing.
    public var isSettled: Bool { dirtyTasks.isEmpty && dirtyInstances.isEmpty && arrivals.isEmpty && !isFailingFast }

    /// Nothing in the run moves any more although instances are unfinished, and none of them waits for an earlier run.
    public var isDeadlocked: Bool {
        unfinished > 0 && active == 0 && isSettled && !isHeldBack
    }

    /// The state of the whole run; nil while it goes on.
    ///
    /// A run has failed when a leaf failed, or when it cannot move: a failed inner task whose `all_done` successor succeeded leaves a
    /// successful run. Source: Airflow 3.3.2, `models/dagrun.py`, `update_state`.
    public var finalState: DAGRunState? {
        guard unfinished == 0 else { return isDeadlocked ? .failed : nil }
        if let endsAs { return endsAs }
        return graph.leaves.contains { tasks[$0].instances.contains(where: \.state.isFailure) } ? .failed : .success
    }
}

extension RunPlan {
    mutating func markDirty(_ task: Int) {
        guard !tasks[task].isDirty else { return }
        tasks[task].isDirty = true
        dirtyTasks.append(task)
    }

    /// Changes a state if the table allows it.
    ///
    /// - Returns: Whether it changed.
    mutating func set(_ key: InstanceKey, _ state: TaskState, by actor: StateActor) -> Bool {
        guard let old = self[key]?.state, old != state, old.mayBecome(state, by: actor) else { return false }
        place(key, old, state)
        if state == .failed, graph.failFast, !graph.tasks[key.task].role.isTeardown { isFailingFast = true }
        return true
    }

    /// Changes a state by a decision of the planner's own, which is always in the table.
    mutating func decide(_ key: InstanceKey, _ state: TaskState) -> InstanceChange? {
        guard let old = self[key]?.state, old != state else { return nil }
        guard set(key, state, by: .scheduler) else {
            assertionFailure("\(graph.tasks[key.task].id)[\(key.mapIndex)] cannot go from \(old) to \(state)")
            return nil
        }
        return InstanceChange(key: key, from: old, state: state)
    }

    /// Puts an instance into a state and counts it.
    mutating func place(_ key: InstanceKey, _ old: TaskState, _ state: TaskState) {
        tasks[key.task].update(key.mapIndex) { $0.state = state }
        active += (state.isMoving ? 1 : 0) - (old.isMoving ? 1 : 0)
        tasks[key.task].undecided += (state == .none ? 1 : 0) - (old == .none ? 1 : 0)
        if state == .none { markDirty(key.task) }
        guard state.isFinished, !old.isFinished else { return }
        unfinished -= 1
        tasks[key.task].unfinished -= 1
        arrivals.append((key, state))
    }
}

extension TaskState {
    fileprivate var isMoving: Bool { self != .none && !isFinished }
}
