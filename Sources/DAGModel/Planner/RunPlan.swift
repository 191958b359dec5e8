/// The state of one DAG run in memory, and the rules by which it moves.
///
/// Each task keeps a tally of how its upstream instances ended, so that an end costs as much as the task has downstream tasks, and
/// nothing is ever recounted. Events are noted first (``end(_:_:now:)``), then ``pass()`` evaluates the tasks whose tally changed. A pass
/// sees the tallies as they were when it began: what it skips counts in the next pass, as in Airflow's scheduler.
public struct RunPlan: Sendable {
    public let graph: DAGGraph
    public private(set) var tasks: [TaskPlan]
    /// Instances that are not finished.
    public private(set) var unfinished = 0
    /// Instances that will move without anything else happening in the run: scheduled, executing or waiting for a time.
    public private(set) var active = 0
    /// Nothing in the run moves any more although instances are unfinished.
    public var isDeadlocked: Bool { unfinished > 0 && active == 0 && isSettled }

    /// Another pass would change nothing.
    public var isSettled: Bool { dirty.isEmpty && arrivals.isEmpty }

    private var dirty: Set<Int>
    private var arrivals: [(task: Int, state: TaskState)] = []

    /// A run in which nothing has happened.
    public init(graph: DAGGraph) {
        self.graph = graph
        tasks = graph.tasks.indices.map { TaskPlan(graph.tasks[$0], upstream: graph.upstream[$0].count) }
        unfinished = tasks.count
        dirty = Set(tasks.indices)
    }

    public subscript(key: InstanceKey) -> InstancePlan? { tasks[key.task][key.mapIndex] }

    // MARK: Events

    /// Notes that an attempt of an instance began to execute (or was dispatched).
    public mutating func note(_ key: InstanceKey, _ state: TaskState) { set(key, state) }

    /// Notes how an attempt ended.
    ///
    /// - Returns: The state that the instance is in now, or nil when no attempt of it is executing.
    public mutating func end(_ key: InstanceKey, _ end: AttemptEnd) -> TaskState? {
        guard let instance = self[key], instance.state.isExecuting || instance.state == .scheduled else { return nil }
        let state = stateAfter(end, of: instance, task: key.task)
        if end == .lost { tasks[key.task].update(key.mapIndex) { $0.losses += 1 } }
        if case .success(let steering, let length) = end {
            tasks[key.task].listLength = length
            if let steering { steer(from: key.task, steering) }
        }
        set(key, state)
        return state
    }

    /// Notes that the time of the next attempt has come.
    public mutating func retryIsDue(_ key: InstanceKey) -> Bool {
        guard self[key]?.state == .upForRetry else { return false }
        begin(key)
        return true
    }

    /// Ends every unfinished instance: executing ones in `executing`, the others as skipped, as a person's cancel or a run timeout does.
    public mutating func finishAll(executing: TaskState) -> [InstanceChange] {
        var changes: [InstanceChange] = []
        for task in tasks.indices {
            for instance in tasks[task].instances where !instance.state.isFinished {
                let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
                let state: TaskState = instance.state.isExecuting ? executing : .skipped
                set(key, state)
                changes.append(InstanceChange(key: key, from: instance.state, state: state))
            }
        }
        dirty.removeAll()
        arrivals.removeAll()
        return changes
    }

    // MARK: Planning

    /// Evaluates the tasks whose upstream changed, once.
    ///
    /// - Returns: What changed: `scheduled` for instances that may run now, and final states that need no run.
    public mutating func pass() -> [InstanceChange] {
        deliverArrivals()
        let candidates = dirty.sorted()
        dirty.removeAll(keepingCapacity: true)
        return candidates.flatMap { evaluate($0) }
    }

    /// Passes until nothing changes any more.
    public mutating func plan() -> [InstanceChange] {
        var changes = pass()
        while !isSettled { changes += pass() }
        return changes
    }

    /// The state of the whole run; nil while it goes on.
    ///
    /// A run has failed when a leaf failed, or when it cannot move: a failed inner task whose `all_done` successor succeeded leaves a
    /// successful run. Source: Airflow 3.3.2, `models/dagrun.py`, `update_state`.
    public var finalState: DAGRunState? {
        guard unfinished == 0 else { return isDeadlocked ? .failed : nil }
        let leaves = tasks.indices.filter { graph.downstream[$0].isEmpty }
        return leaves.contains { tasks[$0].instances.contains(where: \.state.isFailure) } ? .failed : .success
    }
}

extension RunPlan {
    private mutating func evaluate(_ task: Int) -> [InstanceChange] {
        let created = tasks[task].isAwaitingExpansion ? expand(task) : []
        let decision = decision(task)
        let changes = tasks[task].instances.filter { $0.state == .none }.compactMap { instance -> InstanceChange? in
            let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
            return apply(decision(instance.mapIndex), to: key).map { InstanceChange(key: key, from: instance.state, state: $0) }
        }
        return created + changes
    }

    /// What the trigger rule says about the instances of a task now.
    private func decision(_ task: Int) -> (_ mapIndex: Int) -> TriggerDecision {
        guard !tasks[task].isSteeredAway else { return { _ in .end(.skipped) } }
        // Without its list, a mapped task can end, but not run.
        let (tally, rule, mayRun) = (tasks[task].tally, graph.tasks[task].triggerRule, !tasks[task].isAwaitingExpansion)
        return { mapIndex in
            let decision = rule.decide(tally, mapIndex: mapIndex)
            return decision == .run && !mayRun ? .wait : decision
        }
    }

    private mutating func apply(_ decision: TriggerDecision, to key: InstanceKey) -> TaskState? {
        switch decision {
        case .wait: return nil
        case .end(let state):
            set(key, state)
            return state
        case .run where graph.tasks[key.task].kind == .empty:
            tasks[key.task].update(key.mapIndex) { $0.tryNumber += 1 }
            set(key, .success)
            return .success
        case .run:
            begin(key)
            return .scheduled
        }
    }

    private mutating func begin(_ key: InstanceKey) {
        tasks[key.task].update(key.mapIndex) { $0.tryNumber += 1 }
        set(key, .scheduled)
    }

    /// Creates the instances of a mapped task once its list is known and its trigger rule lets it run. The length of a list that is known
    /// from the beginning does not wait for the rule.
    private mutating func expand(_ task: Int) -> [InstanceChange] {
        guard tasks[task].instances.first?.state == TaskState.none, !tasks[task].isSteeredAway else { return [] }
        if let length = graph.tasks[task].mappedCount, length > 0 { return expand(task, into: length) }
        guard graph.tasks[task].triggerRule.decide(tasks[task].tally) == .run else { return [] }
        guard let source = graph.tasks[task].mappedOver.flatMap({ graph.index[$0] }) else {
            return endUnexpanded(task, .skipped)
        }
        guard tasks[source].unfinished == 0 else { return [] }
        guard let length = length(of: source) else {
            return endUnexpanded(task, tasks[source].instances.first?.state ?? .failed)
        }
        return length == 0 ? endUnexpanded(task, .skipped) : expand(task, into: length)
    }

    /// The length of the list that a finished task left; nil when it left none. A mapped task leaves the values of the instances that
    /// succeeded.
    private func length(of source: Int) -> Int? {
        let instances = tasks[source].instances
        guard let first = instances.first, first.mapIndex < 0 else { return instances.count { $0.state == .success } }
        return first.state == .success ? tasks[source].listLength : nil
    }

    /// Source: Airflow 3.3.2: a mapping over nothing is skipped, one over a failed task has failed with it.
    private mutating func endUnexpanded(_ task: Int, _ upstream: TaskState) -> [InstanceChange] {
        let state: TaskState = upstream == .skipped ? .skipped : .upstreamFailed
        let key = InstanceKey(task: task)
        set(key, state)
        return [InstanceChange(key: key, from: TaskState.none, state: state)]
    }

    private mutating func expand(_ task: Int, into length: Int) -> [InstanceChange] {
        tasks[task].expand(into: length)
        unfinished += length - 1
        for child in graph.downstream[task] { tasks[child].tally.total += length - 1 }
        return (0..<length).map { InstanceChange(key: InstanceKey(task: task, mapIndex: $0), from: nil, state: .none) }
    }

    private func stateAfter(_ end: AttemptEnd, of instance: InstancePlan, task: Int) -> TaskState {
        switch end {
        case .success: .success
        case .skipped: .skipped
        case .failedForGood: .failed
        case .failed: instance.tryNumber - instance.losses <= graph.tasks[task].retries ? .upForRetry : .failed
        case .lost: instance.losses < RunPlan.maximumLosses ? .upForRetry : .failed
        }
    }

    mutating func restoreExpansion(of task: Int, into length: Int) { _ = expand(task, into: length) }

    mutating func restore(_ instance: StoredInstance, task: Int) {
        let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
        tasks[task].update(instance.mapIndex) {
            $0.tryNumber = instance.tryNumber
            $0.losses = instance.losses
        }
        if let length = instance.listLength { tasks[task].listLength = length }
        if let steering = instance.steering { steer(from: task, steering) }
        set(key, instance.state)
    }

    /// How often one instance may lose its worker and be tried again; the next loss is its failure.
    public static let maximumLosses = 5

    private mutating func steer(from task: Int, _ steering: Steering) {
        let skipped: Set<Int>
        switch steering {
        case .all: skipped = []
        case .skipDownstream:
            // Airflow skips the rows that exist unmapped; instances already expanded are held back by a direct parent only.
            let direct = Set(graph.downstream[task])
            skipped = descendants(of: graph.downstream[task]).filter { direct.contains($0) || !isExpanded($0) }
        case .skipDirectDownstream: skipped = Set(graph.downstream[task])
        case .follow(let ids):
            let followed = Set(ids.compactMap { graph.index[$0] })
            let reached = descendants(of: Array(followed))
            skipped = Set(graph.downstream[task]).subtracting(reached)
        }
        for child in skipped {
            tasks[child].isSteeredAway = true
            dirty.insert(child)
        }
    }

    private func isExpanded(_ task: Int) -> Bool {
        (graph.tasks[task].mappedCount ?? 0) > 0 || (tasks[task].instances.first?.mapIndex ?? -1) >= 0
    }

    /// The tasks themselves and all that is downstream of them.
    private func descendants(of roots: [Int]) -> Set<Int> {
        var found = Set(roots)
        var rest = roots
        while let next = rest.popLast() {
            for child in graph.downstream[next] where found.insert(child).inserted { rest.append(child) }
        }
        return found
    }

    private mutating func set(_ key: InstanceKey, _ state: TaskState) {
        guard let old = tasks[key.task].update(key.mapIndex, { $0.state = state }), old != state else { return }
        if old.isActive { active -= 1 }
        if state.isActive { active += 1 }
        guard state.isFinished, !old.isFinished else { return }
        unfinished -= 1
        tasks[key.task].unfinished -= 1
        arrivals.append((key.task, state))
    }

    private mutating func deliverArrivals() {
        for (task, state) in arrivals {
            for child in graph.downstream[task] {
                tasks[child].tally.count(state)
                dirty.insert(child)
            }
        }
        arrivals.removeAll(keepingCapacity: true)
    }
}

extension TaskState {
    fileprivate var isActive: Bool { self != .none && !isFinished }
}
