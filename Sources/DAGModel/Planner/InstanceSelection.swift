/// Which task instances of a run a person means.
public struct InstanceSelection: Sendable, Hashable {
    /// One task, and which of its instances; all when `mapIndexes` is nil.
    public struct Chosen: Sendable, Hashable {
        public var taskID: String
        public var mapIndexes: Set<Int>?

        public init(_ taskID: String, mapIndexes: Set<Int>? = nil) {
            self.taskID = taskID
            self.mapIndexes = mapIndexes
        }
    }

    /// Empty for every task.
    public var tasks: [Chosen]
    /// All tasks that the chosen ones depend on, however far up.
    public var includeUpstream = false
    /// All tasks that depend on the chosen ones, however far down.
    public var includeDownstream = false
    /// Only instances that failed, themselves or by an upstream task. With `onlyRunning`, those of either kind.
    public var onlyFailed = false
    public var onlyRunning = false

    public init(tasks: [Chosen] = []) { self.tasks = tasks }

    func includes(_ state: TaskState) -> Bool {
        guard onlyFailed || onlyRunning else { return true }
        return onlyFailed && state.isFailure || onlyRunning && state == .running
    }
}

extension DAGGraph {
    /// The tasks that a selection means, with the map indexes it is limited to; nil for all.
    ///
    /// Tasks that belong together are chosen together: with a task go its setups and teardowns, with a setup its teardowns.
    ///
    /// Source: Airflow 3.3.2, `serialization/definitions/dag.py`, `partial_subset`.
    ///
    /// - Parameter withSetups: Whether setups and teardowns are added.
    public func chosen(by selection: InstanceSelection, withSetups: Bool = true) -> [Int: Set<Int>?] {
        guard !selection.tasks.isEmpty else {
            return Dictionary(tasks.indices.map { ($0, nil) }, uniquingKeysWith: { first, _ in first })
        }
        var chosen: [Int: Set<Int>?] = [:]
        for task in selection.tasks {
            guard let place = index[task.taskID] else { continue }
            guard let known = chosen[place] else {
                chosen[place] = .some(task.mapIndexes)
                continue
            }
            chosen[place] = .some(known.flatMap { known in task.mapIndexes.map(known.union) })
        }
        let roots = Array(chosen.keys)
        var others: Set<Int> = []
        if selection.includeUpstream { others.formUnion(Self.reach(of: roots, along: upstream)) }
        if selection.includeDownstream { others.formUnion(Self.reach(of: roots, along: downstream)) }
        if withSetups { others.formUnion(companions(of: others.union(roots))) }
        for task in others where chosen[task] == nil { chosen[task] = .some(nil) }
        return chosen
    }

    /// The setups that tasks work with, and the teardowns of those and of setups among them.
    private func companions(of chosen: Set<Int>) -> Set<Int> {
        var setups = chosen.filter { isSetup[$0] }
        for task in chosen where !isTeardown[task] {
            setups.formUnion(scope[task].filter { isSetup[$0] })
            setups.formUnion(upstream[task].filter { isSetup[$0] })
        }
        return setups.union(setups.flatMap { downstream[$0].filter { isTeardown[$0] } })
    }
}
