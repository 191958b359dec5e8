/// What the run before a run says to the tasks that depend on it: how they, and what is directly downstream of them, ended there.
///
/// Source: Airflow 3.3.2, `ti_deps/deps/prev_dagrun_dep.py`.
public struct PastRun: Sendable, Hashable {
    public let id: Int64
    public let runID: String
    public let logicalDate: Instant
    /// Tasks with an instance that is neither `success` nor `skipped`, by id.
    public private(set) var unsuccessful: Set<String>
    /// Tasks that have no instance there and need one: they do not ignore their first run, or an earlier run had one.
    public let missing: Set<String>

    /// - Parameters:
    ///   - states: The tasks that have instances in the run before, with each of the states that these are in.
    ///   - everRan: The tasks that have an instance in any earlier run.
    ///   - graph: Whose tasks depend on it.
    public init(
        id: Int64, runID: String, logicalDate: Instant, states: [(taskID: String, state: TaskState)],
        everRan: Set<String>,
        of graph: DAGGraph
    ) {
        self.id = id
        self.runID = runID
        self.logicalDate = logicalDate
        unsuccessful = Set(states.filter { !$0.state.isSuccess }.map(\.taskID))
        let known = Set(states.map(\.taskID))
        missing = Set(
            graph.pastTasks.map { graph.tasks[$0] }.filter { task in
                !known.contains(task.id) && (!task.past.ignoreFirstDependsOnPast || everRan.contains(task.id))
            }.map(\.id))
    }

    /// All instances of these tasks have ended as `success` or `skipped`.
    ///
    /// - Returns: Whether that was not known before.
    public mutating func succeeded(_ tasks: [String]) -> Bool {
        let before = unsuccessful.count
        unsuccessful.subtract(tasks)
        return unsuccessful.count < before
    }
}

extension DAGGraph {
    /// The tasks that the run before has to let start.
    public var needsPast: Bool { !pastTasks.isEmpty }

    /// The ids of the tasks of an earlier run that matter to this one.
    public var pastTaskIDs: Set<String> {
        Set(
            pastTasks.flatMap { task in
                tasks[task].past.waitForDownstream ? [task] + downstream[task] : [task]
            }.map { tasks[$0].id })
    }

    /// The tasks that the run before does not let start.
    public func heldBack(by past: PastRun) -> Set<Int> { Set(pastTasks.filter { obstacle(of: $0, in: past) != nil }) }

    /// The task of the run before that a task waits for; nil when it may start.
    public func obstacle(of task: Int, in past: PastRun) -> String? {
        let id = tasks[task].id
        if past.missing.contains(id) || past.unsuccessful.contains(id) { return id }
        guard tasks[task].past.waitForDownstream else { return nil }
        return downstream[task].map { tasks[$0].id }.first(where: past.unsuccessful.contains)
    }
}
